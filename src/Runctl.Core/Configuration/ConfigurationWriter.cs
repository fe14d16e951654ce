using System.Text;
using Runctl.Errors;

namespace Runctl.Configuration;

/// <summary>Puts a configuration file in place: whole or not at all, and never over another unless that is meant.</summary>
internal static class ConfigurationWriter
{
    /// <summary>Refuses what could not be written.</summary>
    /// <exception cref="RunctlException">There is one already, or there is no such directory.</exception>
    public static void Check(string path, bool overwrite)
    {
        if (!Directory.Exists(Path.GetDirectoryName(path)))
        {
            throw RunctlErrors.ProjectMissing(Path.GetDirectoryName(path) ?? path);
        }

        if (Directory.Exists(path) || (File.Exists(path) && !overwrite))
        {
            throw RunctlErrors.ConfigurationExists(path);
        }
    }

    /// <summary>Writes it.</summary>
    public static void Write(string path, string text, bool overwrite)
    {
        Check(path, overwrite);
        var unfinished = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(unfinished, FileMode.CreateNew, FileAccess.Write))
            {
                stream.Write(Encoding.UTF8.GetBytes(text));
                stream.Flush(flushToDisk: true);
            }

            File.Move(unfinished, path, overwrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Discard(unfinished);
            throw !overwrite && File.Exists(path) ? RunctlErrors.ConfigurationExists(path) : RunctlErrors.ConfigurationNotWritten(path, e);
        }
    }

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
