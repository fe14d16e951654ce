namespace Runctl.Package.Tests.Support;

/// <summary>Waiting for what nothing tells of.</summary>
internal static class Eventually
{
    /// <summary>Only a hang takes longer than this, however busy the machine is.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(240);

    /// <summary>Between two looks: a look is often a command on an instance, and the processors are for the tests.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Whether something comes to hold.</summary>
    public static bool Holds(Func<bool> condition)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                return false;
            }

            Thread.Sleep(Pause);
        }

        return true;
    }
}
