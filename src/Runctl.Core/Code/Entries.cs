using System.Runtime.InteropServices;
using System.Text;

namespace Runctl.Code;

/// <summary>Tells what lies under a name without opening it: a read of a FIFO waits for a writer, and a device may act when it is opened.</summary>
internal static class Entries
{
    private const int TypeMask = 0xF000;
    private const int Directory = 0x4000;
    private const int File = 0x8000;
    private const int Link = 0xA000;

    /// <summary>What lies under a path. <see cref="EntryKind.Missing"/> also for a name that is not UTF-8, which .NET cannot reach.</summary>
    public static EntryKind KindOf(string path)
    {
        var info = new FileInfo(path);
        if (info.LinkTarget is not null)
        {
            return EntryKind.Link;
        }

        if (System.IO.Directory.Exists(path))
        {
            return EntryKind.Directory;
        }

        if (!info.Exists)
        {
            return EntryKind.Missing;
        }

        return OperatingSystem.IsWindows() ? OnWindows(info) : OnUnix(path);
    }

    // On Windows a reparse point without a link target is, for example, a file that a cloud drive has not fetched yet.
    private static EntryKind OnWindows(FileInfo info) =>
        (info.Attributes & (FileAttributes.Device | FileAttributes.ReparsePoint)) != 0 ? EntryKind.Special : EntryKind.File;

    /// <summary>.NET has no public call for the type of an entry; its own shim of lstat begins with flags and mode on every Unix.</summary>
    private static EntryKind OnUnix(string path)
    {
        var status = new byte[512];
        if (SystemNative_LStat(Encoding.UTF8.GetBytes(path + "\0"), status) != 0)
        {
            return EntryKind.Missing;
        }

        return (BitConverter.ToInt32(status, sizeof(int)) & TypeMask) switch
        {
            File => EntryKind.File,
            Directory => EntryKind.Directory,
            Link => EntryKind.Link,
            _ => EntryKind.Special,
        };
    }

    [DllImport("libSystem.Native")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    private static extern int SystemNative_LStat(byte[] path, [Out] byte[] status);
}
