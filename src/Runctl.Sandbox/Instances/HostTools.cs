namespace Runctl.Sandbox.Instances;

/// <summary>The host's programs that instances are made of, by absolute path.</summary>
internal sealed class HostTools
{
    private static readonly string[] StandardDirectories =
        ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    private HostTools(string shell, string setsid)
    {
        Shell = shell;
        Setsid = setsid;
    }

    /// <summary>The PATH of a login on Ubuntu, followed by where the host keeps python3 if that is elsewhere.</summary>
    public string SearchPath { get; private init; } = "";

    /// <summary>The POSIX shell.</summary>
    public string Shell { get; }

    /// <summary>Starts a program in a session of its own, out of the reach of a terminal's Ctrl+C.</summary>
    public string Setsid { get; }

    /// <summary>Makes namespaces; null where util-linux is not there.</summary>
    public string? Unshare { get; private init; }

    /// <summary>Enters namespaces; null where util-linux is not there.</summary>
    public string? Nsenter { get; private init; }

    /// <summary>Finds the programs.</summary>
    /// <exception cref="PlatformNotSupportedException">This is not Linux, or a program that nothing replaces is missing.</exception>
    public static HostTools Find()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("The sandbox runs on Linux only: its instances are Linux processes.");
        }

        return new HostTools(Required("sh"), Required("setsid"))
        {
            Unshare = Locate("unshare"),
            Nsenter = Locate("nsenter"),
            SearchPath = BuildSearchPath(),
        };
    }

    private static string BuildSearchPath()
    {
        var path = string.Join(':', StandardDirectories);
        if (StandardDirectories.Any(directory => File.Exists(Path.Combine(directory, "python3"))))
        {
            return path;
        }

        return Locate("python3") is { } python ? $"{path}:{Path.GetDirectoryName(python)}" : path;
    }

    private static string Required(string name) =>
        Locate(name) ?? throw new PlatformNotSupportedException($"The sandbox needs the program '{name}' on the PATH.");

    private static string? Locate(string name) =>
        StandardDirectories
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
            .Select(directory => Path.Combine(directory, name))
            .FirstOrDefault(File.Exists);
}
