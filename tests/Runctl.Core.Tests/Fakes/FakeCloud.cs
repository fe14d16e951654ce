using Runctl.Ports;

namespace Runctl.Core.Tests.Fakes;

/// <summary>A connection whose instances are records, whose commands run in a shell here, and whose objects are in memory.</summary>
internal sealed class FakeCloud : ICloud
{
    public FakeCloud(string? root = null) => Shell = new FakeShell(root, Ec2);

    public FakeInstances Ec2 { get; } = new();

    public FakeShell Shell { get; }

    /// <summary>The clock of what uses this connection.</summary>
    public TimeProvider Time { get; init; } = new InstantTimeProvider();

    public MemoryStore Store { get; } = new();

    public CloudConnection Connection { get; } = new() { Region = "us-east-1" };

    public string Region => "us-east-1";

    public IInstanceService Instances => Ec2;

    public ICommandService Commands => Shell;

    public IObjectStore Objects => Store;

    public ISandboxControl? Sandbox { get; set; }

    public Task<ISandboxControl?> FindSandboxAsync(CancellationToken cancellationToken) => Task.FromResult(Sandbox);

    public Task<string> GetCallerAsync(CancellationToken cancellationToken) => Task.FromResult("arn:aws:iam::123456789012:user/me");

    public void Dispose() => Shell.Dispose();
}
