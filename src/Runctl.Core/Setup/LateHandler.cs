using System.Text.RegularExpressions;

namespace Runctl.Setup;

/// <summary>What a Python script does before it registers its handler: until then SIGTERM ends it without a save.</summary>
/// <param name="Line">Line of the registration, or of the call or import that leads to it, from 1.</param>
/// <param name="WorkLine">Line of what is done before, from 1.</param>
/// <param name="Work">What is done before, in the script's words.</param>
/// <param name="IsImport">Whether that is the import of a large package, which takes seconds, and not data, a model or training, which take minutes.</param>
internal sealed partial record LateHandler(int Line, int WorkLine, string Work, bool IsImport)
{
    /// <summary>Looks for work before the registration; null where there is none, or the order cannot be told from the text.</summary>
    /// <param name="text">The script.</param>
    /// <param name="registration">Line of the registration in it, from 1.</param>
    public static LateHandler? Find(string text, int registration)
    {
        var script = new Outline(text);
        int? import = null;
        var seen = new HashSet<Function>();
        for (var line = registration - 1; ;)
        {
            var function = script.Around(line);
            var before = Enumerable.Range(0, line).Where(i => script.Around(i) == function && (function is null || i > function.First)).ToList();
            if (before.FindIndex(script.IsWork) is >= 0 and var work)
            {
                return new LateHandler(line + 1, before[work] + 1, script.Lines[before[work]].Trim(), IsImport: false);
            }

            if (import is null && before.FindIndex(script.IsImport) is >= 0 and var found)
            {
                import = before[found];
            }

            // A handler that a function registers is registered where the function is called.
            if (function is null || !seen.Add(function) || script.CallOf(function) is not { } call)
            {
                // Imports at the top come before everything that a function does.
                import ??= function is null ? null : script.FirstImport();
                return import is { } at ? new LateHandler(registration, at + 1, script.Lines[at].Trim(), IsImport: true) : null;
            }

            line = call;
        }
    }

    [GeneratedRegex(@"^(\s*)(?:async\s+)?def\s+(\w+)")]
    private static partial Regex Definition();

    [GeneratedRegex(@"\b(load_dataset|load_from_disk|from_pretrained|snapshot_download|hf_hub_download|urlretrieve|read_csv|read_parquet|read_json|read_pickle|read_feather|DataLoader|ImageFolder|TFRecordDataset|image_dataset_from_directory|init_process_group|tokenize_dataset)\s*\(|\b(np|numpy|torch|joblib|pickle|tf\.data)\.load\s*\(|\bdatasets\.[A-Z]\w*\s*\(|\bdownload\s*=\s*True\b|\.(fit|train)\s*\(\s*[^)\s]|\btrainer\.train\s*\(")]
    private static partial Regex Work_();

    [GeneratedRegex(@"^\s*(?:import|from)\s+(torch|torchvision|tensorflow|keras|jax|flax|transformers|datasets|diffusers|accelerate|deepspeed|lightning|pytorch_lightning|megatron|xgboost|lightgbm|sklearn|scipy|pandas|cv2|ray|vllm)\b")]
    private static partial Regex Import();

    /// <summary>A function's lines, from its definition.</summary>
    private sealed record Function(string Name, int First, int Last);

    /// <summary>Lines and functions of a script.</summary>
    private sealed class Outline
    {
        private readonly List<Function> _functions = [];
        private readonly HashSet<string> _working = new(StringComparer.Ordinal);

        public Outline(string text)
        {
            Lines = [.. text.Split('\n').Select(line => Comment.IsMatch(line) ? "" : line)];
            for (var i = 0; i < Lines.Count; i++)
            {
                if (Definition().Match(Lines[i]) is { Success: true } match)
                {
                    var indent = match.Groups[1].Length;
                    var last = i;
                    for (var j = i + 1; j < Lines.Count && (Lines[j].Trim().Length == 0 || Indent(Lines[j]) > indent || Lines[j].TrimStart()[0] == ')'); j++)
                    {
                        last = j;
                    }

                    _functions.Add(new Function(match.Groups[2].Value, i, last));
                }
            }

            while (_functions.Exists(function => !_working.Contains(function.Name) && Enumerable.Range(function.First + 1, function.Last - function.First).Any(IsWork) && _working.Add(function.Name)))
            {
                // What calls a function that works is one, too.
            }
        }

        private static Regex Comment { get; } = new(@"^\s*#", RegexOptions.CultureInvariant);

        public List<string> Lines { get; }

        public Function? Around(int line) => _functions.LastOrDefault(function => line >= function.First && line <= function.Last);

        public bool IsWork(int line) => Definition().Match(Lines[line]) is { Success: false } && !Import().IsMatch(Lines[line]) && (Work_().IsMatch(Lines[line]) || Calls(Lines[line], _working) is not null);

        public bool IsImport(int line) => Import().IsMatch(Lines[line]);

        public int? FirstImport() => Enumerable.Range(0, Lines.Count).Where(i => Around(i) is null && IsImport(i)).Cast<int?>().FirstOrDefault();

        /// <summary>The first line that calls a function, outside of it.</summary>
        public int? CallOf(Function function) => Enumerable.Range(0, Lines.Count).Where(i => (i < function.First || i > function.Last) && !Definition().IsMatch(Lines[i]) && Calls(Lines[i], [function.Name]) is not null).Cast<int?>().FirstOrDefault();

        private static string? Calls(string line, IReadOnlyCollection<string> names) => names.FirstOrDefault(name => Regex.IsMatch(line, $@"(?<![\w.]){Regex.Escape(name)}\s*\("));

        private static int Indent(string line) => line.Length - line.TrimStart().Length;
    }
}
