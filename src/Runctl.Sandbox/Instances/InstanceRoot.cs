using System.Globalization;

namespace Runctl.Sandbox.Instances;

/// <summary>The directory that stands for an instance's file system; its RUNCTL_ROOT.</summary>
internal static class InstanceRoot
{
    /// <summary>Where cloud-init says that it has finished, seen from the root.</summary>
    public const string BootFinished = "var/lib/cloud/instance/boot-finished";

    private const UnixFileMode Public =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const UnixFileMode Home = Public & ~(UnixFileMode.OtherRead | UnixFileMode.OtherExecute);

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode Shared =
        UnixFileMode.StickyBit | Public | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private static readonly string[] Directories =
        ["etc", "home", "opt", "run", "usr/local/bin", "var/lib/amazon/ssm", "var/lib/cloud/instance", "var/log"];

    /// <summary>Lays out a fresh root volume.</summary>
    public static void Create(string directory, string instanceId, string privateName, InstanceUser user, bool namespaces)
    {
        MakeDirectory(directory, Public);
        foreach (var name in Directories)
        {
            MakeDirectory(Path.Combine(directory, name), Public);
        }

        MakeDirectory(Path.Combine(directory, "tmp"), Shared);
        MakeDirectory(Path.Combine(directory, "var/tmp"), Shared);
        MakeDirectory(Path.Combine(directory, "root"), Private);
        var home = directory + user.Home;
        MakeDirectory(home, Home);
        if (NativeMethods.IsRoot)
        {
            NativeMethods.ChangeOwner(home, user.UserId, user.GroupId);
        }

        Write(directory, "etc/passwd", string.Create(CultureInfo.InvariantCulture,
            $"""
            root:x:0:0:root:/root:/bin/bash
            {user.Name}:x:{user.UserId}:{user.GroupId}:Ubuntu:{user.Home}:/bin/bash

            """));
        Write(directory, "etc/group", string.Create(CultureInfo.InvariantCulture,
            $"""
            root:x:0:
            {user.Name}:x:{user.GroupId}:

            """));
        // What a training leaves there goes with the instance.
        Write(directory, "etc/environment", $"TMPDIR={directory}/tmp\n");
        Write(directory, "etc/hostname", privateName + "\n");
        Write(directory, "etc/os-release", "NAME=\"Ubuntu\"\nID=ubuntu\nVERSION_ID=\"22.04\"\nPRETTY_NAME=\"Ubuntu 22.04 LTS\"\n");
        Write(directory, "var/lib/cloud/instance-id", instanceId + "\n");
        foreach (var (name, script) in InstancePrograms.For(namespaces))
        {
            var path = Write(directory, Path.Combine("usr/local/bin", name), script);
            File.SetUnixFileMode(path, Public);
        }
    }

    /// <summary>Removes the directory with whatever an instance left in it, unreadable directories included.</summary>
    public static void Delete(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // That is all that was wanted.
        }
        catch (UnauthorizedAccessException)
        {
            Open(new DirectoryInfo(directory));
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void Open(DirectoryInfo directory)
    {
        File.SetUnixFileMode(directory.FullName, Private);
        foreach (var child in directory.EnumerateDirectories().Where(child => child.LinkTarget is null))
        {
            Open(child);
        }
    }

    private static void MakeDirectory(string path, UnixFileMode mode)
    {
        Directory.CreateDirectory(path);

        // Apart from the creation, which the caller's umask would narrow.
        File.SetUnixFileMode(path, mode);
    }

    private static string Write(string directory, string name, string text)
    {
        var path = Path.Combine(directory, name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        return path;
    }
}
