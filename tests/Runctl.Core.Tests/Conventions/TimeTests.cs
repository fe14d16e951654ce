namespace Runctl.Core.Tests.Conventions;

/// <summary>What keeps these tests fast: no time passes in them but on a clock of their own.</summary>
public sealed class TimeTests
{
    private const string Solution = "Runctl.PowerShell.sln";

    /// <summary>The two that wait for other threads.</summary>
    private static readonly string[] Waiting = ["Eventually.cs", "SteppedTimeProvider.cs"];

    [Fact]
    public void No_test_uses_the_clock_of_the_system() => Assert.Empty(Find(nameof(TimeProvider) + ".System"));

    [Fact]
    public void No_test_sleeps() =>
        Assert.DoesNotContain(Find(nameof(Task) + ".Delay(", nameof(Thread) + ".Sleep(", nameof(SpinWait) + ".SpinUntil("), place => !Waiting.Contains(place.Split(':')[0]));

    /// <summary>Where the sources of these tests have one of some texts, as file:line.</summary>
    private static List<string> Find(params string[] texts)
    {
        var found = new List<string>();
        foreach (var file in Directory.EnumerateFiles(Sources(), "*.cs", SearchOption.AllDirectories))
        {
            var lines = File.ReadAllLines(file);
            found.AddRange(from number in Enumerable.Range(0, lines.Length) where texts.Any(text => lines[number].Contains(text, StringComparison.Ordinal)) select $"{Path.GetFileName(file)}:{number + 1}");
        }

        return found;
    }

    private static string Sources()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, Solution)))
            {
                return Path.Combine(directory.FullName, "tests", "Runctl.Core.Tests");
            }
        }

        throw new InvalidOperationException($"{Solution} is not above {AppContext.BaseDirectory}.");
    }
}
