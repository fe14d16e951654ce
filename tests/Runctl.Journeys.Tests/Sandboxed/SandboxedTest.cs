namespace Runctl.Journeys.Tests.Sandboxed;

/// <summary>A test with a sandbox of its own: it disturbs no other, and ends what it started with its end.</summary>
public abstract class SandboxedTest : IAsyncLifetime
{
    /// <summary>The sandbox, and a connection to it.</summary>
    protected SandboxFixture Fixture { get; } = new();

    public ValueTask InitializeAsync() => Fixture.InitializeAsync();

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Fixture.DisposeAsync();
    }
}
