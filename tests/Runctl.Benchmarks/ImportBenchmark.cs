using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Runctl.Sandbox;

namespace Runctl.Benchmarks;

/// <summary>Time to import the built module, and of the first cmdlet that calls AWS, each in a fresh process.</summary>
internal static class ImportBenchmark
{
    private const int Rounds = 11;

    public static async Task RunAsync()
    {
        await using var sandbox = await RunctlSandbox.StartAsync();
        var imports = new List<double>();
        var empties = new List<double>();
        var calls = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var child = new ProcessStartInfo(Environment.ProcessPath!, ["import-once"]) { RedirectStandardOutput = true };
            child.Environment["AWS_ENDPOINT_URL"] = sandbox.Endpoint.ToString();
            child.Environment["AWS_ACCESS_KEY_ID"] = sandbox.AccessKeyId;
            child.Environment["AWS_SECRET_ACCESS_KEY"] = sandbox.SecretAccessKey;
            child.Environment["AWS_REGION"] = sandbox.Region;
            using var process = Process.Start(child)!;
            var answer = (await process.StandardOutput.ReadToEndAsync()).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            await process.WaitForExitAsync();
            imports.Add(double.Parse(answer[0], CultureInfo.InvariantCulture));
            empties.Add(double.Parse(answer[1], CultureInfo.InvariantCulture));
            calls.Add(double.Parse(answer[2], CultureInfo.InvariantCulture));
        }

        Console.WriteLine(Statistics.Row("`Import-Module Runctl`, after an empty module with one view", imports, "at most 100 ms"));
        Console.WriteLine(Statistics.Row("that empty module, as the peer: the engine's own first use", empties, "none"));
        Console.WriteLine(Statistics.Row("first cmdlet that calls AWS", calls, "at most 1 s"));
    }

    /// <summary>The child's part: an open session, an empty module, ours, one call.</summary>
    public static void RunOnce()
    {
        var directory = Directory.CreateTempSubdirectory("runctl-empty-");
        try
        {
            using var runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
            runspace.Open();
            Invoke(runspace, "Get-Module");
            var manifest = Path.Combine(directory.FullName, "Empty.psd1");
            File.WriteAllText(manifest, "@{ ModuleVersion = '1.0'; FunctionsToExport = @(); CmdletsToExport = @(); FormatsToProcess = 'Empty.format.ps1xml' }");
            File.WriteAllText(
                Path.Combine(directory.FullName, "Empty.format.ps1xml"),
                "<Configuration><ViewDefinitions><View><Name>Empty</Name><ViewSelectedBy><TypeName>Empty</TypeName></ViewSelectedBy><CustomControl><CustomEntries><CustomEntry>"
                + "<CustomItem><Text>empty</Text></CustomItem></CustomEntry></CustomEntries></CustomControl></View></ViewDefinitions></Configuration>");
            // The engine from NuGet compiles what imports modules and reads views at their first use; pwsh ships it compiled, and has used it before its prompt.
            var empty = Invoke(runspace, $"Import-Module '{manifest}'");
            var import = Invoke(runspace, $"Import-Module '{BuiltModule.Find()}'");
            if (AppDomain.CurrentDomain.GetAssemblies().Any(assembly => assembly.GetName().Name!.StartsWith("AWSSDK", StringComparison.Ordinal)))
            {
                throw new InvalidOperationException("Importing the module loaded the AWSSDK.");
            }

            var call = Invoke(runspace, "Get-RunctlInstance");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{import} {empty} {call}"));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static double Invoke(Runspace runspace, string script)
    {
        using var shell = PowerShell.Create(runspace);
        shell.AddScript(script);
        var clock = Stopwatch.StartNew();
        shell.Invoke();
        var seconds = clock.Elapsed.TotalSeconds;
        return shell.HadErrors ? throw shell.Streams.Error[0].Exception : seconds;
    }
}
