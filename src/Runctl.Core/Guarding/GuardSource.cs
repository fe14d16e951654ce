using System.Text;
using System.Text.RegularExpressions;

namespace Runctl.Guarding;

/// <summary>The guard's sources as they are sent: without comments, docstrings and empty lines, which stand on lines of their own.</summary>
internal static partial class GuardSource
{
    /// <summary>Takes out of a Python file what only people read.</summary>
    public static byte[] Strip(byte[] source)
    {
        var code = Docstring().Replace(Encoding.UTF8.GetString(source), "");
        var lines = code.Split('\n').Where(line => line.TrimStart() is { Length: > 0 } text && text[0] != '#');
        return Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n")));
    }

    [GeneratedRegex("^[ ]*\"\"\".*?\"\"\"[ ]*\n", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Docstring();
}
