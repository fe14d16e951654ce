namespace Runctl.Ports;

/// <summary>One connection: its region and services. Thread-safe. Failures are <see cref="Errors.RunctlException"/> with the service's code.</summary>
public interface ICloud : IDisposable
{
    /// <summary>The connection it was made from.</summary>
    CloudConnection Connection { get; }

    /// <summary>The region that is used.</summary>
    string Region { get; }

    /// <summary>EC2.</summary>
    IInstanceService Instances { get; }

    /// <summary>SSM.</summary>
    ICommandService Commands { get; }

    /// <summary>S3.</summary>
    IObjectStore Objects { get; }

    /// <summary>Who the credentials belong to, as an ARN, by STS.</summary>
    Task<string> GetCallerAsync(CancellationToken cancellationToken);

    /// <summary>The same if STS has said it already, else null.</summary>
    string? KnownCaller => null;

    /// <summary>The sandbox behind the endpoint, or null where the endpoint is not one.</summary>
    Task<ISandboxControl?> FindSandboxAsync(CancellationToken cancellationToken);
}
