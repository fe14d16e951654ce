using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Runctl.Sandbox;

namespace Runctl.Benchmarks;

/// <summary>What a user waits for in a real pwsh: the import beside that of a small binary module, help, completion, and a pipeline over 1,000 instances.</summary>
internal static class ShellBenchmark
{
    private const int Pairs = 20;
    private const string Peer = "Microsoft.PowerShell.ThreadJob";
    private static readonly string[] Services = ["ec2:*", "ssm:*", "s3:*", "sts:*"];

    public static async Task RunAsync()
    {
        await ImportsAsync();
        await using var rig = await Rig.StartAsync(new SandboxOptions { Responder = (instance, _) => StandInFleet.Status(instance) });
        var instances = await ListBenchmark.LaunchAsync(rig);
        await ListBenchmark.FillAsync(rig, instances, instances.Length);
        var counted = Services.Select(operation => rig.Sandbox.Faults.Add(new RunctlSandboxFault { Operation = operation, Kind = SandboxFaultKind.Delay, Delay = TimeSpan.FromMilliseconds(1) })).ToList();
        var script = Path.Combine(AppContext.BaseDirectory, "probe", "shell.ps1");
        var output = await ShellAsync(["-File", script, BuiltModule.Find()], new Dictionary<string, string?>
        {
            ["AWS_ENDPOINT_URL"] = rig.Sandbox.Endpoint.ToString(),
            ["AWS_ACCESS_KEY_ID"] = rig.Sandbox.AccessKeyId,
            ["AWS_SECRET_ACCESS_KEY"] = rig.Sandbox.SecretAccessKey,
            ["AWS_REGION"] = rig.Sandbox.Region,
            ["RUNCTL_S3_BUCKET"] = rig.Configuration.S3Bucket,
        });
        var waits = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' '))
            .ToLookup(words => words[0], words => double.Parse(words[1], CultureInfo.InvariantCulture));
        Console.WriteLine(Statistics.Row("`Get-Help X -Full`, rendered, each cmdlet once", [.. waits["help"]], "at most 300 ms"));
        Console.WriteLine(Statistics.Row("completion, first time", [.. waits["cold"]], "none"));
        Console.WriteLine(Statistics.Row("completion, warm", [.. waits["completion"]], "at most 200 ms"));
        Console.WriteLine(Statistics.Row("`Get-RunctlInstance \\| Where-Object State -EQ running \\| Get-RunctlTraining`, 1,000 instances", [.. waits["pipeline"]], "at most 3 s"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| calls of all of it: the list once, that pipeline twice, completion | {counted.Sum(c => c.Hits)} |  |  | 1 | none |"));
    }

    /// <summary>In turns, so that both meet the same machine.</summary>
    private static async Task ImportsAsync()
    {
        var (peer, module, more) = (new List<double>(), new List<double>(), new List<double>());
        for (var pair = 0; pair < Pairs; pair++)
        {
            var (first, second) = (await ImportAsync(Peer), await ImportAsync(BuiltModule.Find()));
            peer.Add(first);
            module.Add(second);
            more.Add(second - first);
        }

        Console.WriteLine(Statistics.Row($"`pwsh -c 'Import-Module {Peer}'`, as the peer", peer, "none"));
        Console.WriteLine(Statistics.Row("the same with Runctl", module, "none"));
        Console.WriteLine(Statistics.Row("difference of each pair", more, "median at most 40 ms"));
    }

    private static async Task<double> ImportAsync(string module)
    {
        var clock = Stopwatch.StartNew();
        await ShellAsync(["-Command", $"Import-Module '{module}' -ErrorAction Stop"], new Dictionary<string, string?>());
        return clock.Elapsed.TotalSeconds;
    }

    private static async Task<string> ShellAsync(string[] arguments, IReadOnlyDictionary<string, string?> environment)
    {
        var shell = typeof(ShellBenchmark).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(pair => pair.Key == "Pwsh").Value!;
        var start = new ProcessStartInfo("dotnet", ["exec", shell, "-NoProfile", .. arguments]) { RedirectStandardOutput = true };
        start.Environment["POWERSHELL_TELEMETRY_OPTOUT"] = start.Environment["POWERSHELL_UPDATECHECK"] = "Off";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"pwsh ended with exit code {process.ExitCode}: {output}");
    }
}
