using System.Text.RegularExpressions;

namespace Runctl.Setup;

/// <summary>What a look at a script's text tells of how it takes SIGTERM. Nothing is run.</summary>
/// <param name="HandlesSignal">Whether it saves on SIGTERM, as far as a look can tell; null where it can not.</param>
/// <param name="Seen">What was seen.</param>
/// <param name="UsesTorchrun">Whether torchrun starts the workers.</param>
/// <param name="ShutdownTimeout">Whether the script itself gives the workers longer than torchrun's 30 s.</param>
internal sealed partial record ScriptLook(bool? HandlesSignal, string Seen, bool UsesTorchrun, bool ShutdownTimeout)
{
    private const int MostCharacters = 4_000_000;

    /// <summary>Looks at a script, and at the files of the project it starts or imports.</summary>
    /// <exception cref="IOException">It can not be read.</exception>
    public static ScriptLook At(string path, string project)
    {
        var text = Read(path);
        var name = Path.GetFileName(path);
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            return new(null, $"{name} is a program, not a text", false, false);
        }

        var shell = path.EndsWith(".sh", StringComparison.Ordinal) || ShellLine().IsMatch(text);
        var (handles, seen) = shell ? Shell(text, name, path, project) : Python(text, name, path);
        return new(handles, seen, Torchrun().IsMatch(text), text.Contains("TORCH_ELASTIC_SHUTDOWN_TIMEOUT", StringComparison.Ordinal));
    }

    private static (bool? Handles, string Seen) Python(string text, string name, string path)
    {
        if (Ignored().Match(text) is { Success: true } ignored)
        {
            return (false, $"{name}, line {LineOf(text, ignored.Index)}: {ignored.Value.Trim()}");
        }

        if (Handler(text) is { } line)
        {
            return (true, $"{name}, line {line}");
        }

        if (Framework().Match(text) is { Success: true } framework)
        {
            return (true, $"{name}, line {LineOf(text, framework.Index)}: {framework.Value} saves on SIGTERM");
        }

        foreach (var module in Imports().Matches(text).Select(match => Path.Combine(Path.GetDirectoryName(path)!, match.Groups[1].Value.Replace('.', Path.DirectorySeparatorChar) + ".py")).Where(File.Exists))
        {
            if (Handler(Read(module)) is { } inModule)
            {
                return (true, $"{Path.GetFileName(module)}, line {inModule}, which {name} imports");
            }
        }

        return (false, $"{name} has no handler of SIGTERM");
    }

    private static (bool? Handles, string Seen) Shell(string text, string name, string path, string project)
    {
        if (IgnoringTrap().Match(text) is { Success: true } ignoring)
        {
            return (false, $"{name}, line {LineOf(text, ignoring.Index)} ignores SIGTERM, for all that it starts");
        }

        var how = Exec().IsMatch(text) ? "execs" : Trap().IsMatch(text) ? "traps SIGTERM and starts" : "starts";
        foreach (Match started in PythonFile().Matches(text))
        {
            var file = new[] { Path.GetDirectoryName(path)!, project }.Select(directory => Path.Combine(directory, started.Groups[1].Value)).FirstOrDefault(File.Exists);
            if (file is not null)
            {
                var (handles, seen) = Python(Read(file), Path.GetFileName(file), file);
                return (handles, $"{name} {how} {seen}");
            }
        }

        return how == "traps SIGTERM and starts" ? (true, $"{name} traps SIGTERM") : (null, $"what {name} starts is not a Python file of the project");
    }

    private static int? Handler(string text) => Registration().IsMatch(text) && Signal().Match(text) is { Success: true } found ? LineOf(text, found.Index) : null;

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

    [GeneratedRegex(@"^[^#\n]*(\btorchrun\b|torch\.distributed\.(run|launch)\b|\baccelerate\s+launch\b)", RegexOptions.Multiline)]
    private static partial Regex Torchrun();
}
