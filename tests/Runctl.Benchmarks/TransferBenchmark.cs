using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Runctl.Benchmarks;

/// <summary>2 GiB from S3 and to S3 by the guard, beside aws-cli (and s5cmd, if it is installed) against the same server in one run.</summary>
internal static class TransferBenchmark
{
    private const int Rounds = 3;
    private const int Mebibytes = 2048;

    private sealed record Measured(double Seconds, double Processor, double Resident);

    public static async Task RunAsync()
    {
        await using var rig = await Rig.StartAsync();
        var (source, target) = (Path.Combine(rig.Answers.FullName, "source"), Path.Combine(rig.Answers.FullName, "target"));
        await WriteAsync(source);
        var program = FindProgram();
        var bring = Path.Combine(AppContext.BaseDirectory, "probe", "bring.py");
        var tools = new List<(string Name, Func<bool, string[]> Command)>
        {
            ("guard", down => ["python3", "-IBS", bring, program, down ? "down" : "up", rig.Sandbox.Bucket, "guard", down ? target : source]),
            (await AwsAsync(), down => down ? ["aws", "s3", "cp", "--only-show-errors", $"s3://{rig.Sandbox.Bucket}/aws", target] : ["aws", "s3", "cp", "--only-show-errors", source, $"s3://{rig.Sandbox.Bucket}/aws"]),
        };
        if (IsInstalled("s5cmd"))
        {
            tools.Add(("s5cmd", down => down ? ["s5cmd", "cp", $"s3://{rig.Sandbox.Bucket}/s5cmd", target] : ["s5cmd", "cp", source, $"s3://{rig.Sandbox.Bucket}/s5cmd"]));
        }

        foreach (var down in (bool[])[false, true])
        {
            var measured = tools.ToDictionary(tool => tool.Name, _ => new List<Measured>());
            for (var round = 0; round < Rounds; round++)
            {
                foreach (var (name, command) in tools)
                {
                    File.Delete(target);
                    measured[name].Add(await MeasureAsync(rig, command(down)));
                    if (down && new FileInfo(target).Length != (long)Mebibytes << 20)
                    {
                        throw new InvalidOperationException($"{name} brought {new FileInfo(target).Length} bytes.");
                    }
                }
            }

            foreach (var (name, _) in tools)
            {
                var what = $"{Mebibytes / 1024} GiB {(down ? "from" : "to")} S3, {name}";
                var goal = down && name == "guard";
                Console.WriteLine(Statistics.Row(what, [.. measured[name].Select(m => m.Seconds)], goal ? "two thirds of aws-cli, as s5cmd" : "none"));
                Console.WriteLine(Statistics.Row($"{what}: processor time", [.. measured[name].Select(m => m.Processor)], goal ? "at most 3 s" : "none"));
                Console.WriteLine($"| {what}: resident at the peak | {measured[name].Max(m => m.Resident).ToString("0.0", CultureInfo.InvariantCulture)} MiB | | | {Rounds} | {(goal ? "at most 60 MiB" : "none")} |");
            }
        }
    }

    private static async Task WriteAsync(string path)
    {
        await using var file = File.Create(path);
        var block = new byte[1 << 20];
        for (var written = 0; written < Mebibytes; written++)
        {
            RandomNumberGenerator.Fill(block);
            await file.WriteAsync(block);
        }
    }

    /// <summary>The guard's packages.</summary>
    private static string FindProgram()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var sources = Path.Combine(directory.FullName, "src", "Runctl.Guard");
            if (Directory.Exists(sources))
            {
                return sources;
            }
        }

        throw new DirectoryNotFoundException("The sources of the guard are not above the benchmark.");
    }

    /// <summary>Its name and version; installed if it is missing.</summary>
    private static async Task<string> AwsAsync()
    {
        if (!IsInstalled("aws"))
        {
            using var install = Process.Start(new ProcessStartInfo("apt-get", ["install", "-y", "-q", "awscli"]) { RedirectStandardOutput = true })!;
            await install.StandardOutput.ReadToEndAsync();
            await install.WaitForExitAsync();
        }

        using var process = Process.Start(new ProcessStartInfo("aws", ["--version"]) { RedirectStandardOutput = true })!;
        return (await process.StandardOutput.ReadToEndAsync()).Split(' ')[0].Replace('/', ' ');
    }

    private static bool IsInstalled(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, name)));

    private static async Task<Measured> MeasureAsync(Rig rig, string[] command)
    {
        var start = new ProcessStartInfo("python3", [Path.Combine(AppContext.BaseDirectory, "probe", "measured.py"), .. command]) { RedirectStandardOutput = true };
        start.Environment["AWS_ACCESS_KEY_ID"] = rig.Sandbox.AccessKeyId;
        start.Environment["AWS_SECRET_ACCESS_KEY"] = rig.Sandbox.SecretAccessKey;
        start.Environment["AWS_REGION"] = start.Environment["AWS_DEFAULT_REGION"] = rig.Sandbox.Region;
        start.Environment["AWS_ENDPOINT_URL"] = start.Environment["S3_ENDPOINT_URL"] = rig.Sandbox.Endpoint.ToString().TrimEnd('/');
        using var process = Process.Start(start)!;
        var answer = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{command[0]} failed.");
        }

        var numbers = answer.Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        return new Measured(numbers[0], numbers[1], numbers[2]);
    }
}
