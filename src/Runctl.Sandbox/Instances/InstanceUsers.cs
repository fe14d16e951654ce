using System.Globalization;
using System.Security.Cryptography;

namespace Runctl.Sandbox.Instances;

/// <summary>
/// Gives each instance its login user: run by root a user id that nobody on this host has, so that permissions mean what
/// they mean on a real instance; otherwise the caller, who cannot become anybody else.
/// </summary>
internal sealed class InstanceUsers
{
    private const int LowestId = 20_000;
    private const int HighestId = 60_000;
    private const int PtraceCapability = 19;

    private readonly bool _separate;
    private readonly HashSet<int> _taken = [];

    private InstanceUsers(bool separate) => _separate = separate;

    /// <summary>Decides whether instances get users of their own.</summary>
    /// <param name="directory">The sandbox's directory, which another user has to be able to enter.</param>
    /// <param name="namespaces">Whether the kernel keeps the processes together; otherwise they must be readable to be found.</param>
    public static InstanceUsers For(string directory, bool namespaces)
    {
        var separate = NativeMethods.IsRoot && AnybodyCanEnter(directory) && (namespaces || CanReadOthers());
        var users = new InstanceUsers(separate);
        if (separate)
        {
            users._taken.UnionWith(IdsIn("/etc/passwd").Concat(IdsIn("/etc/group")));
        }

        return users;
    }

    /// <summary>The user of the next instance.</summary>
    public InstanceUser Next()
    {
        if (!_separate)
        {
            return new InstanceUser(InstanceUser.DefaultName, NativeMethods.UserId, NativeMethods.GroupId);
        }

        // By chance, not in order: another sandbox on this host chooses from the same range.
        int id;
        do
        {
            id = RandomNumberGenerator.GetInt32(LowestId, HighestId);
        }
        while (!_taken.Add(id));
        return new InstanceUser(InstanceUser.DefaultName, id, id);
    }

    /// <summary>Whether every directory on the way may be passed by everybody.</summary>
    public static bool AnybodyCanEnter(string directory)
    {
        for (var current = new DirectoryInfo(directory); current is not null; current = current.Parent)
        {
            if (!File.GetUnixFileMode(current.FullName).HasFlag(UnixFileMode.OtherExecute))
            {
                return false;
            }
        }

        return true;
    }

    private static IEnumerable<int> IdsIn(string file) =>
        File.Exists(file)
            ? File.ReadLines(file)
                .Select(line => line.Split(':'))
                .Where(fields => fields.Length > 2)
                .Select(fields => int.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            : [];

    private static bool CanReadOthers()
    {
        const string name = "CapEff:";
        var mask = File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        var bits = ulong.Parse(mask.AsSpan(name.Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return (bits >> PtraceCapability & 1) != 0;
    }
}
