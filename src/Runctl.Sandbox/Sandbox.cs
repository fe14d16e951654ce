namespace Runctl.Sandbox;

/// <summary>Stand-in until the sandbox is merged.</summary>
public sealed class Sandbox : IAsyncDisposable
{
    /// <summary>Starts.</summary>
    public static Task<Sandbox> StartAsync(CancellationToken cancellationToken) => Task.FromResult(new Sandbox());

    /// <summary>Endpoint.</summary>
    public Uri Endpoint { get; } = new("http://127.0.0.1:1/");

    /// <summary>Region.</summary>
    public string Region { get; } = "us-east-1";

    /// <summary>Key id.</summary>
    public string AccessKeyId { get; } = "AKIASANDBOX";

    /// <summary>Secret.</summary>
    public string SecretAccessKey { get; } = "stand-in-secret-value";

    /// <summary>Bucket.</summary>
    public string Bucket { get; } = "sandbox";

    /// <summary>Profile.</summary>
    public string InstanceProfile { get; } = "RunctlSandbox";

    /// <summary>Directory.</summary>
    public string Directory { get; } = "/tmp/none";

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
