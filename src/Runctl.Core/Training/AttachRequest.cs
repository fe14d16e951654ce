namespace Runctl.Training;

/// <summary>A process on an instance that Runctl did not start, to be guarded. One of process id, pid file and process name is given.</summary>
public sealed record AttachRequest
{
    /// <summary>The instance it runs on.</summary>
    public required string InstanceId { get; init; }

    /// <summary>Its process id on the instance.</summary>
    public int? ProcessId { get; init; }

    /// <summary>Path on the instance of the file that has its process id.</summary>
    public string? PidFile { get; init; }

    /// <summary>A wildcard that its name or its whole command line matches; case does not matter.</summary>
    public string? ProcessName { get; init; }

    /// <summary>Whether it may belong to another user than the instance's login user; one given by its id always may.</summary>
    public bool AnyUser { get; init; }
}
