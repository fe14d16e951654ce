using System.Diagnostics;

namespace Runctl.Journeys.Tests.Moments;

/// <summary>The sample training, and what it ends with when nobody disturbs it.</summary>
internal static class Undisturbed
{
    public static readonly string[] Arguments = ["--epochs", "8", "--save-interval", "2"];

    public const string Script = "train_digits.py";

    private static readonly Lazy<Task<byte[]>> Weights = new(TrainAsync);

    private static readonly string Samples = Path.Combine(AppContext.BaseDirectory, "samples");

    /// <summary>The bytes of final.json; trained once for all tests.</summary>
    public static Task<byte[]> WeightsAsync() => Weights.Value;

    /// <summary>Puts the script and its data into a project of its own.</summary>
    /// <param name="directory">The project.</param>
    /// <param name="waits">Whether the training does not go on to its last epoch before it has its signal; the steps are the same.</param>
    public static void CopyTo(string directory, bool waits = false)
    {
        foreach (var name in (string[])[Script, "digits.csv"])
        {
            File.Copy(Path.Combine(Samples, name), Path.Combine(directory, name), overwrite: true);
        }

        if (waits)
        {
            const string Step = "            trainer.run_step()\n";
            var script = Path.Combine(directory, Script);
            var text = File.ReadAllText(script);
            Assert.Contains(Step, text, StringComparison.Ordinal);
            File.WriteAllText(script, text.Replace(
                Step, "            while trainer.epoch == trainer.epochs and not stop_requested: __import__('time').sleep(0.01)\n" + Step, StringComparison.Ordinal));
        }
    }

    private static async Task<byte[]> TrainAsync()
    {
        using var directory = new TempDirectory();
        var start = new ProcessStartInfo("python3") { RedirectStandardOutput = true };
        foreach (var argument in (string[])[Path.Combine(Samples, Script), .. Arguments, "--checkpoint-dir", directory.Path])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return await File.ReadAllBytesAsync(Path.Combine(directory.Path, "final.json"));
    }
}
