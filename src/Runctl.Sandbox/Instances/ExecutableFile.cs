namespace Runctl.Sandbox.Instances;

/// <summary>Writes files that are executed next.</summary>
internal static class ExecutableFile
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>
    /// Writes one. No process is started meanwhile: between fork and exec it would hold the file open for writing, and whoever executed
    /// the file then would be told "text file busy".
    /// </summary>
    public static void Write(string path, byte[] content)
    {
        lock (ChildProcess.Starting)
        {
            File.WriteAllBytes(path, content);
        }

        File.SetUnixFileMode(path, Mode);
    }
}
