using System.Diagnostics;

namespace Runctl.Adapters.Tests.Moments;

/// <summary>The sample training, and what it ends with when nobody disturbs it.</summary>
internal static class Undisturbed
{
    public static readonly string[] Arguments = ["--epochs", "12", "--save-interval", "3"];

    public const string Script = "train_digits.py";

    private static readonly Lazy<Task<byte[]>> Weights = new(TrainAsync);

    private static readonly string Samples = Path.Combine(AppContext.BaseDirectory, "samples");

    /// <summary>The bytes of final.json; trained once for all tests.</summary>
    public static Task<byte[]> WeightsAsync() => Weights.Value;

    /// <summary>Puts the script and its data into a project of its own.</summary>
    public static void CopyTo(string directory)
    {
        foreach (var name in (string[])[Script, "digits.csv"])
        {
            File.Copy(Path.Combine(Samples, name), Path.Combine(directory, name));
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
