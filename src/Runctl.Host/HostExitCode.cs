namespace Runctl.Host;

/// <summary>Exit codes of the host itself; a script's own <c>exit</c> goes through.</summary>
internal static class HostExitCode
{
    /// <summary>The script came to its end.</summary>
    public const int Success = 0;

    /// <summary>The script failed, or could not be run.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 64;

    /// <summary>Ctrl+C.</summary>
    public const int Interrupted = 130;
}
