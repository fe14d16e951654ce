using System.Runtime.Loader;
using Runctl.Package.Tests.Shell;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests;

public sealed class ImportTests
{
    [Fact]
    public void The_module_exports_exactly_what_its_manifest_names()
    {
        using var session = new ModuleSession();
        var exported = session.Run("(Get-Module Runctl).ExportedCommands.Keys").Output.Select(name => name.ToString()).Order(StringComparer.Ordinal);
        var named = ((object[])BuiltModule.ReadManifest()["CmdletsToExport"]!).Cast<string>().Order(StringComparer.Ordinal);
        Assert.Equal(named, exported);
    }

    [Fact]
    public void The_modules_version_is_the_one_of_its_directory()
    {
        using var session = new ModuleSession();
        Assert.Equal(Path.GetFileName(BuiltModule.Directory), session.Run("(Get-Module Runctl).Version").Single.ToString());
    }

    [Fact]
    public async Task Third_party_assemblies_never_come_into_the_default_context()
    {
        // A process in which nothing else brings assemblies.
        var result = await PwshProcess.RunAsync(
            """
            $null = Get-RunctlConfiguration
            $env:AWS_ACCESS_KEY_ID, $env:AWS_SECRET_ACCESS_KEY = 'AKIAEXAMPLE', 'secret'
            try { Get-RunctlInstance -Region us-east-1 -EndpointUrl http://127.0.0.1:9/ -ErrorAction Stop } catch { $_.FullyQualifiedErrorId }
            [Runtime.Loader.AssemblyLoadContext]::Default.Assemblies | ForEach-Object { $_.GetName().Name }
            """);
        var names = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("ConnectionFailed", names[0], StringComparison.Ordinal);
        Assert.Contains("Runctl.Core", names);
        Assert.DoesNotContain(names, name => name.StartsWith("AWSSDK", StringComparison.Ordinal) || name is "Tomlyn" or "MAB.DotIgnore" or "Runctl.Adapters");
    }

    [Fact]
    public void Types_that_users_touch_are_in_the_default_context()
    {
        using var session = new ModuleSession();
        var types = session.Run($"{Records.Instance}; {Records.Training()}; Get-RunctlConfiguration Region").Output.Select(item => item.BaseObject.GetType());
        Assert.All(types, type => Assert.Same(AssemblyLoadContext.Default, AssemblyLoadContext.GetLoadContext(type.Assembly)));
    }
}
