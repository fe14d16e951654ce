using System.Text.RegularExpressions;
using Runctl.Code;

namespace Runctl.Setup;

/// <summary>What a look at a script's text tells of how it takes SIGTERM. Nothing is run.</summary>
/// <param name="HandlesSignal">Whether it saves on SIGTERM, as far as a look can tell; null where it cannot.</param>
/// <param name="Seen">What was seen.</param>
/// <param name="UsesTorchrun">Whether torchrun starts the workers.</param>
/// <param name="ShutdownTimeout">Whether the script itself gives the workers longer than torchrun's 30 s.</param>
internal sealed partial record ScriptInspection(bool? HandlesSignal, string Seen, bool UsesTorchrun, bool ShutdownTimeout)
{
    private const int MostCharacters = 4_000_000;

    /// <summary>The launcher that ends its workers 30 s after SIGTERM, in the script's words; null where none is used.</summary>
    public string? Launcher { get; init; }

    /// <summary>Files that a shell will read and whose lines end in CR LF, relative to the project.</summary>
    public IReadOnlyList<string> CarriageReturns { get; init; } = [];

    /// <summary>Another signal that the script handles, without SIG; null where none is seen.</summary>
    public string? OtherSignal { get; init; }

    /// <summary>What is done before the handler is registered; null where nothing is, or the text does not tell.</summary>
    public LateHandler? Late { get; init; }

    /// <summary>Looks at a script, and at the files of the project it starts or imports.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ScriptInspection At(string path, string project)
    {
        var text = Read(path);
        var name = Path.GetFileName(path);
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            return new(null, $"{name} is a program, not a text", false, false);
        }

        var shell = path.EndsWith(".sh", StringComparison.Ordinal) || ShellLine().IsMatch(text);
        var handling = shell ? Shell(text, name, path, project) : Python(text, name, path);
        var launcher = Torchrun().Match(text);
        return new(handling.Handles, handling.Seen, launcher.Success, text.Contains("TORCH_ELASTIC_SHUTDOWN_TIMEOUT", StringComparison.Ordinal))
        {
            Launcher = launcher.Success ? launcher.Groups[1].Value : null,
            CarriageReturns = shell ? ShellFiles.WithCarriageReturns(path, project) : [],
            Late = handling.Late,
            OtherSignal = handling.Other,
        };
    }

    /// <summary>How a script takes SIGTERM.</summary>
    /// <param name="Handles">Whether it saves on SIGTERM; null where the text cannot tell.</param>
    /// <param name="Seen">What was seen.</param>
    /// <param name="Late">What is done before the handler is registered, or null.</param>
    /// <param name="Other">Another signal that it handles, without SIG, or null.</param>
    private sealed record Handling(bool? Handles, string Seen, LateHandler? Late = null, string? Other = null);

    private static Handling Python(string text, string name, string path)
    {
        if (Ignored().Match(text) is { Success: true } ignored)
        {
            return new(false, $"{name}, line {LineOf(text, ignored.Index)}: {ignored.Value.Trim()}");
        }

        if (Handler(text) is { } line)
        {
            return new(true, $"{name}, line {line}", LateHandler.Find(text, RegistrationLine(text)));
        }

        if (Framework().Match(text) is { Success: true } framework)
        {
            return new(true, $"{name}, line {LineOf(text, framework.Index)}: {framework.Value} saves on SIGTERM");
        }

        foreach (var (import, module) in Imports().Matches(text).Select(match => (match.Groups[1], Path.Combine(Path.GetDirectoryName(path)!, match.Groups[1].Value.Replace('.', Path.DirectorySeparatorChar) + ".py"))).Where(pair => Entries.KindOf(pair.Item2) is EntryKind.File or EntryKind.Link && File.Exists(pair.Item2)))
        {
            if (Handler(Read(module)) is { } inModule)
            {
                return new(true, $"{Path.GetFileName(module)}, line {inModule}, which {name} imports", InModule(text, LineOf(text, import.Index), Read(module)));
            }
        }

        if (OtherHandler().Match(text) is { Success: true } handler)
        {
            var other = handler.Groups[1] is { Success: true } named ? named.Value : "INT";
            return new(false, $"{name} has no handler of SIGTERM; line {LineOf(text, handler.Index)} handles SIG{other}", Other: other);
        }

        return new(false, $"{name} has no handler of SIGTERM");
    }

    private static Handling Shell(string text, string name, string path, string project)
    {
        if (IgnoringTrap().Match(text) is { Success: true } ignoring)
        {
            return new(false, $"{name}, line {LineOf(text, ignoring.Index)} ignores SIGTERM, for all that it starts");
        }

        var how = Exec().IsMatch(text) ? "execs" : Trap().IsMatch(text) ? "traps SIGTERM and starts" : "starts";
        foreach (Match started in PythonFile().Matches(text))
        {
            var file = new[] { Path.GetDirectoryName(path)!, project }.Select(directory => Path.Combine(directory, started.Groups[1].Value)).FirstOrDefault(File.Exists);
            if (file is not null)
            {
                var inside = Python(Read(file), Path.GetFileName(file), file);
                return inside with { Seen = $"{name} {how} {inside.Seen}" };
            }
        }

        return how == "traps SIGTERM and starts" ? new(true, $"{name} traps SIGTERM") : new(null, $"what {name} starts is not a Python file of the project");
    }

    private static int? Handler(string text) => Registration().IsMatch(text) && Signal().Match(text) is { Success: true } found ? LineOf(text, found.Index) : null;

    /// <summary>The line of the call that registers the handler, from 1.</summary>
    private static int RegistrationLine(string text)
    {
        var calls = Registration().Matches(text);
        return LineOf(text, (calls.FirstOrDefault(call => call.Value.Contains("SIGTERM", StringComparison.Ordinal) || text.AsSpan(call.Index, LineEnd(text, call.Index) - call.Index).Contains("SIGTERM", StringComparison.Ordinal)) ?? calls[0]).Index);
    }

    private static int LineEnd(string text, int index) => text.IndexOf('\n', index) is >= 0 and var end ? end : text.Length;

    /// <summary>Where a module registers the handler when it is imported, the import counts; where a function of it does, its call.</summary>
    private static LateHandler? InModule(string text, int import, string module)
    {
        var registration = RegistrationLine(module);
        var function = Functions().Matches(module[..Offset(module, registration)]).LastOrDefault();
        var indented = module.Split('\n')[registration - 1] is { Length: > 0 } line && char.IsWhiteSpace(line[0]);
        if (!indented || function is null)
        {
            return LateHandler.Find(text, import);
        }

        var call = Regex.Match(text, $@"^[^#\n]*(?<!def\s|import\s.*)\b{Regex.Escape(function.Groups[1].Value)}\s*\(", RegexOptions.Multiline);
        return call.Success ? LateHandler.Find(text, LineOf(text, call.Index)) : null;
    }

    private static int Offset(string text, int line)
    {
        var offset = 0;
        for (var i = 1; i < line; i++)
        {
            offset = text.IndexOf('\n', offset) + 1;
        }

        return offset;
    }

    private static string Read(string path)
    {
        using var reader = new StreamReader(path);
        var buffer = new char[Math.Min(MostCharacters, new FileInfo(path).Length)];
        return new string(buffer, 0, reader.ReadBlock(buffer));
    }

    private static int LineOf(string text, int index) => 1 + text.AsSpan(0, index).Count('\n');

    [GeneratedRegex(@"\A#!.*\b(ba|da|z|k)?sh\b")]
    private static partial Regex ShellLine();

    [GeneratedRegex(@"^[^#\n]*\bSIGTERM\b", RegexOptions.Multiline)]
    private static partial Regex Signal();

    [GeneratedRegex(@"^[^#\n]*\b(signal|add_signal_handler|sigaction)\s*\(", RegexOptions.Multiline)]
    private static partial Regex Registration();

    [GeneratedRegex(@"^[^#\n]*\bsignal\s*\(\s*(signal\.)?SIGTERM\s*,\s*(signal\.)?SIG_(IGN|DFL)", RegexOptions.Multiline)]
    private static partial Regex Ignored();

    [GeneratedRegex(@"^[^#\n]*(?:\bsignal\s*\(\s*(?:signal\.)?SIG(INT|USR1|USR2)\s*,(?!\s*(?:signal\.)?SIG_)|\bexcept\b[^#:\n]*\bKeyboardInterrupt\b)", RegexOptions.Multiline)]
    private static partial Regex OtherHandler();

    [GeneratedRegex(@"(?<=^[^#\n]*)\b(OnExceptionCheckpoint|enable_jit_checkpoint|runctl_train\b[^#\n]*\b(?:stop_requested|TransformersCallback|LightningCallback))\b", RegexOptions.Multiline)]
    private static partial Regex Framework();

    [GeneratedRegex(@"^\s*(?:from|import)\s+\.?([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Imports();

    [GeneratedRegex(@"^[^#\n]*\btrap\s+(''|"""")\s.*\b(SIG)?TERM\b", RegexOptions.Multiline)]
    private static partial Regex IgnoringTrap();

    [GeneratedRegex(@"^[^#\n]*\btrap\s.*\b((SIG)?TERM|15)\b", RegexOptions.Multiline)]
    private static partial Regex Trap();

    [GeneratedRegex(@"^[^#\n]*\bexec\s+[^<>&\s]", RegexOptions.Multiline)]
    private static partial Regex Exec();

    [GeneratedRegex(@"(?<=^[^#\n]*[\s""'/}])((?:[\w-]+/)*[\w-]+\.py)\b", RegexOptions.Multiline)]
    private static partial Regex PythonFile();

    [GeneratedRegex(@"^\s*(?:async\s+)?def\s+(\w+)", RegexOptions.Multiline)]
    private static partial Regex Functions();

    [GeneratedRegex(@"^[^#\n]*(\btorchrun\b|torch\.distributed\.(run|launch)\b|\baccelerate\s+launch\b|(?<![\w/.-])deepspeed(?=\s[^\n]*\.py\b))", RegexOptions.Multiline)]
    private static partial Regex Torchrun();
}
