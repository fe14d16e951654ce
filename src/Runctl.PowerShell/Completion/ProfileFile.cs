namespace Runctl.PowerShell.Completion;

/// <summary>Reads the names of profiles in a file of the AWS CLI and the SDKs.</summary>
internal static class ProfileFile
{
    /// <summary>The profiles of a file, each with the file it is in.</summary>
    /// <param name="variable">Environment variable that names another file.</param>
    /// <param name="file">Name of the file below ~/.aws.</param>
    public static IEnumerable<KeyValuePair<string, string>> Names(string variable, string file)
    {
        var path = Environment.GetEnvironmentVariable(variable) is { Length: > 0 } other ? other
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".aws", file);
        return File.Exists(path) ? Parse(File.ReadLines(path)).Select(name => KeyValuePair.Create(name, $"profile in {path}")) : [];
    }

    /// <summary>The names in [profile name] of a configuration file and [name] of a credentials file; other sections are of sessions and services.</summary>
    public static IEnumerable<string> Parse(IEnumerable<string> lines)
    {
        foreach (var line in lines.Select(line => line.Trim()))
        {
            if (!line.StartsWith('[') || line.IndexOf(']', StringComparison.Ordinal) is not (> 1 and var end))
            {
                continue;
            }

            var words = line[1..end].Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (words is [_] || words is ["profile", _])
            {
                yield return words[^1].Trim('\'', '"');
            }
        }
    }
}
