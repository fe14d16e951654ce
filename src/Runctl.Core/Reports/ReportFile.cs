using System.Text;
using Runctl.Errors;

namespace Runctl.Reports;

/// <summary>Puts a report in place: whole or not at all, and never over another file unless that is meant.</summary>
internal static class ReportFile
{
    /// <summary>Whether a path means a directory: it is one, or ends as one.</summary>
    public static bool IsDirectory(string path) => Directory.Exists(path) || Path.EndsInDirectorySeparator(path);

    /// <summary>The path of a report: below a directory it has the name of its run.</summary>
    public static string PathOf(string path, string runId, string extension) =>
        IsDirectory(path) ? Path.Combine(path, NameOf(runId) + extension) : path;

    /// <summary>Refuses what could not be written.</summary>
    /// <exception cref="RunctlException">FileExists, or ReportNotWritten: there is no such directory.</exception>
    public static void Check(string path, bool overwrite)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } directory && !Directory.Exists(directory))
        {
            throw RunctlErrors.ReportDirectoryMissing(directory);
        }

        if (File.Exists(path) && !overwrite)
        {
            throw RunctlErrors.FileExists(path);
        }
    }

    /// <summary>Writes it in UTF-8.</summary>
    public static void Write(string path, string text, bool overwrite)
    {
        Check(path, overwrite);
        var unfinished = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllText(unfinished, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            File.Move(unfinished, path, overwrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Discard(unfinished);
            throw !overwrite && File.Exists(path) ? RunctlErrors.FileExists(path) : RunctlErrors.ReportNotWritten(path, e);
        }
    }

    /// <summary>A run id that Runctl gave is a name already; one of an object that a user made may be anything.</summary>
    private static string NameOf(string runId) => string.Concat(runId.Take(100).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '_'));

    private static void Discard(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The failure to tell of is the first.
        }
    }
}
