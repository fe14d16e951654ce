using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Runctl.Guarding;

namespace Runctl.Training;

/// <summary>Names of projects and runs: plain enough for keys, tags, paths and shells.</summary>
internal static partial class RunNaming
{
    /// <summary>A project's name: what is configured, else the directory's; other characters than letters, digits, dot, dash and underscore become dashes.</summary>
    public static string ProjectName(string? configured, string directory)
    {
        var name = configured ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(directory));
        var plain = new string([.. name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '-')]).Trim('-', '.');
        return plain.Length == 0 ? "project" : plain;
    }

    /// <summary><c>{project}-{yyyyMMdd-HHmmss}-{6 hex}</c>.</summary>
    public static string NewRunId(string projectName, DateTimeOffset now)
    {
#pragma warning disable CA1308 // Ids are lower case.
        var project = new string([.. projectName.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')]).Trim('-');
#pragma warning restore CA1308
        project = project.Length > 30 ? project[..30].TrimEnd('-') : project;
        return $"{(project.Length == 0 ? "project" : project)}-{now.UtcDateTime.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}-{Hex.Of(RandomNumberGenerator.GetBytes(3))}";
    }

    /// <summary>Whether a text has the form of a run's id.</summary>
    public static bool IsRunId(string text) => RunIdForm().IsMatch(text);

    [GeneratedRegex("^[a-z0-9][a-z0-9-]*-[0-9]{8}-[0-9]{6}-[0-9a-f]{6}$", RegexOptions.CultureInvariant)]
    private static partial Regex RunIdForm();
}
