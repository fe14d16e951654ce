namespace Runctl.Journeys.Tests.Moments;

/// <summary>When the notice comes: a time by chance after something was reached.</summary>
/// <param name="Reached">What has to be so first.</param>
/// <param name="Later">At most so much later; how much is decided by chance.</param>
internal sealed record Moment(Func<Scene, bool> Reached, TimeSpan Later)
{
    /// <summary>While code is gathered and sent, and the guard with it.</summary>
    public static readonly Moment InSync = new(_ => true, TimeSpan.FromMilliseconds(600));

    /// <summary>While the checkpoint comes back.</summary>
    public static readonly Moment InRestore = new(scene => scene.State is "restoring", TimeSpan.FromMilliseconds(200));

    /// <summary>While the setup command runs.</summary>
    public static readonly Moment InSetup = new(scene => scene.State is "setup", TimeSpan.FromMilliseconds(300));

    /// <summary>The process has just begun to be.</summary>
    public static readonly Moment BeforeTheFirstStep = new(scene => scene.HasProcess, TimeSpan.Zero);

    /// <summary>Anywhere in the training.</summary>
    public static readonly Moment InTraining = new(scene => scene.HasProcess, TimeSpan.FromSeconds(3));

    /// <summary>A periodic checkpoint is being written, or just was.</summary>
    public static readonly Moment InASave = new(scene => scene.HasSaved, TimeSpan.FromMilliseconds(200));

    /// <summary>Seconds from the notice to the end.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Whether the guard is killed as the notice comes.</summary>
    public bool KillsGuard { get; init; }

    /// <summary>Waits for it, and gives notice.</summary>
    public async Task StrikeAsync(Scene scene, Random random, CancellationToken token)
    {
        await scene.ReachAsync(Reached, token);
        await Task.Delay(Later * random.NextDouble(), token);
        if (scene.IsAlive)
        {
            await scene.Sandbox.InterruptAsync(scene.InstanceId, Window);
            if (KillsGuard)
            {
                scene.KillGuard();
            }
        }
    }
}
