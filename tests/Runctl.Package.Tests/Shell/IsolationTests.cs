using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.Shell;

public sealed class IsolationTests
{
    private const string Loaded = "[AppDomain]::CurrentDomain.GetAssemblies() | ForEach-Object { $_.GetName().Name } | Where-Object { $_ -match '^(AWSSDK|Tomlyn|MAB|Runctl\\.(Adapters|Sandbox))' }";

    [Fact]
    public async Task Import_loads_neither_the_adapters_nor_the_sandbox()
    {
        var result = await PwshProcess.RunAsync($"Import-Module Runctl; (Get-Module Runctl).Name; {Loaded}");
        Assert.Equal("Runctl\n", result.Output);
    }

    [Fact]
    public async Task Another_copy_of_the_SDK_in_the_session_does_no_harm()
    {
        using var elsewhere = new TemporaryCopy(Path.Combine(BuiltModule.Directory, "adapters", "AWSSDK.Core.dll"));
        var result = await PwshProcess.RunAsync(
            $$"""
            $null = [Reflection.Assembly]::LoadFrom('{{elsewhere.Path}}')
            $StoredAWSCredentials = [Amazon.Runtime.BasicAWSCredentials]::new('AKIAEXAMPLE', 'secret')
            try { Get-RunctlInstance -Region us-east-1 -EndpointUrl http://127.0.0.1:9/ -ErrorAction Stop } catch { $_.FullyQualifiedErrorId }
            [AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq 'AWSSDK.Core' } | ForEach-Object { [Runtime.Loader.AssemblyLoadContext]::GetLoadContext($_).Name }
            """);
        Assert.Equal(["ConnectionFailed,Runctl.PowerShell.Instances.GetRunctlInstanceCommand", "Default", "Runctl.Adapters"], result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
