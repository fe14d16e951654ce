using System.Management.Automation.Runspaces;

namespace Runctl.Host;

/// <summary>The command line: a script with its arguments, or a command.</summary>
internal sealed class HostArguments
{
    public const string Usage =
        """
        Runs a PowerShell script with the built Runctl module imported.

          Runctl.Host script.ps1 [arguments]
          Runctl.Host -File script.ps1 [arguments]
          Runctl.Host -Command 'commands'
        """;

    /// <summary>Path of the script, or null.</summary>
    public string? ScriptPath { get; private init; }

    /// <summary>The command, or null.</summary>
    public string? Command { get; private init; }

    /// <summary>Whether only the usage is asked for.</summary>
    public bool Help { get; private init; }

    /// <summary>The script's arguments.</summary>
    public IReadOnlyList<CommandParameter> ScriptArguments { get; private init; } = [];

    /// <summary>Reads a command line.</summary>
    /// <exception cref="FormatException">It is not one of the forms there are.</exception>
    public static HostArguments Parse(string[] args) => args switch
    {
        [] => throw new FormatException("No script is given."),
        ["-h" or "-?" or "--help" or "-Help"] => new HostArguments { Help = true },
        [var option, .. var rest] when Is(option, "-Command", "-c") => rest.Length > 0
            ? new HostArguments { Command = string.Join(' ', rest) }
            : throw new FormatException("-Command needs a command."),
        [var option, .. var rest] when Is(option, "-File", "-f") => rest.Length > 0
            ? ForScript(rest)
            : throw new FormatException("-File needs a script."),
        [['-', ..] option, ..] => throw new FormatException($"There is no option {option}."),
        _ => ForScript(args),
    };

    private static HostArguments ForScript(string[] args) => new()
    {
        ScriptPath = Path.GetFullPath(args[0]),
        ScriptArguments = [.. args.Skip(1).SelectMany(Convert)],
    };

    // As pwsh -File does: a word with a dash is the name of a parameter, everything else a literal value.
    private static IEnumerable<CommandParameter> Convert(string word)
    {
        if (word.Length < 2 || word[0] != '-' || !(char.IsLetter(word[1]) || word[1] is '_' or '?'))
        {
            return [new CommandParameter(null, word)];
        }

        var colon = word.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return [new CommandParameter(word)];
        }

        var value = word[(colon + 1)..];
        return value.Length == 0
            ? [new CommandParameter(word)]
            : [new CommandParameter(word[..colon], Is(value, "$true") ? true : Is(value, "$false") ? false : value)];
    }

    private static bool Is(string word, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (word.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
