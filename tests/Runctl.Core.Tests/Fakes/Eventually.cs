using System.Diagnostics;

namespace Runctl.Core.Tests.Fakes;

/// <summary>Waits for what happens on other threads, with a bound for hangs.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Returns when the condition holds.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="tell">What to say where it never does.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static async Task IsAsync(Func<bool> condition, Func<string> tell, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Patience, tell());
            await Task.Delay(Pause, cancellationToken);
        }
    }
}
