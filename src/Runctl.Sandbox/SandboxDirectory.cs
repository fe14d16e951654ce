using Runctl.Sandbox.Instances;

namespace Runctl.Sandbox;

/// <summary>Makes the directory of a sandbox where the instances' users can enter it.</summary>
internal static class SandboxDirectory
{
    private const UnixFileMode Public =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Makes a directory of a name that was not there before.</summary>
    public static string Create()
    {
        var parent = Path.GetTempPath();
        if (NativeMethods.IsRoot && !InstanceUsers.AnybodyCanEnter(parent) && InstanceUsers.AnybodyCanEnter("/tmp"))
        {
            parent = "/tmp";
        }

        var path = Path.Combine(parent, "runctl-sandbox-" + Guid.NewGuid().ToString("N")[..12]);
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, Public);
        return path;
    }

    /// <summary>Makes the private part, which holds the objects of all buckets.</summary>
    public static string CreatePrivate(string parent, string name)
    {
        var path = Path.Combine(parent, name);
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
