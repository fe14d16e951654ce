namespace Runctl.Sandbox.Tests.Ssm;

/// <summary>Waits for what is to become true.</summary>
public static class Eventually
{
    public static async Task TrueAsync(Func<Task<bool>> condition, int seconds = 180)
    {
        var deadline = DateTime.UtcNow.AddSeconds(seconds);
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < deadline, $"It did not become true within {seconds} s.");
            await Task.Delay(25);
        }
    }

    public static Task TrueAsync(Func<bool> condition, int seconds = 180) => TrueAsync(() => Task.FromResult(condition()), seconds);
}
