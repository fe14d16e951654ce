using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace Runctl.Sandbox.Instances;

/// <summary>The few calls of libc that .NET has no method for.</summary>
internal static class NativeMethods
{
    private const int SigKill = 9;
    private const int SigContinue = 18;
    private const int SigStop = 19;
    private const int NoSuchProcess = 3;

    /// <summary>Whether the caller is root.</summary>
    public static bool IsRoot => GetEffectiveUserId() == 0;

    /// <summary>The caller's user id.</summary>
    public static int UserId => (int)GetEffectiveUserId();

    /// <summary>The caller's group id.</summary>
    public static int GroupId => (int)GetEffectiveGroupId();

    /// <summary>Sends SIGKILL to a process, or to a process group where <paramref name="id"/> is negative.</summary>
    /// <returns>False where there is no such process any more.</returns>
    /// <exception cref="Win32Exception">The kill was refused.</exception>
    public static bool SendKill(int id) => Send(id, SigKill);

    /// <summary>Stops a process where it is; it can do nothing against it.</summary>
    /// <returns>False where there is no such process any more.</returns>
    /// <exception cref="Win32Exception">It was refused.</exception>
    public static bool Stop(int id) => Send(id, SigStop);

    /// <summary>Lets a stopped process go on.</summary>
    /// <returns>False where there is no such process any more.</returns>
    /// <exception cref="Win32Exception">It was refused.</exception>
    public static bool Continue(int id) => Send(id, SigContinue);

    /// <summary>Gives a file or directory to a user; a symbolic link itself, not what it points to.</summary>
    /// <exception cref="Win32Exception">The change was refused.</exception>
    public static void ChangeOwner(string path, int userId, int groupId)
    {
        if (LinkChangeOwner(Encoding.UTF8.GetBytes(path + '\0'), (uint)userId, (uint)groupId) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), path);
        }
    }

    private static bool Send(int id, int signal)
    {
        if (id is >= -1 and <= 1)
        {
            throw new ArgumentOutOfRangeException(nameof(id), id, "This would reach processes that are not ours.");
        }

        if (Kill(id, signal) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == NoSuchProcess ? false : throw new Win32Exception(error);
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int id, int signal);

    [DllImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint GetEffectiveUserId();

    [DllImport("libc", EntryPoint = "getegid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint GetEffectiveGroupId();

    [DllImport("libc", EntryPoint = "lchown", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int LinkChangeOwner(byte[] path, uint userId, uint groupId);
}
