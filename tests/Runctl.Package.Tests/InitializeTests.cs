using System.Management.Automation;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests;

public sealed class InitializeTests : IDisposable
{
    private readonly ModuleSession _session = new();

    private string File => Path.Combine(_session.Directory, ".runctl.toml");

    [Fact]
    public void What_is_known_here_is_filled_in_and_read_again()
    {
        Directory.CreateDirectory(Path.Combine(_session.Directory, "ckpts"));
        System.IO.File.WriteAllText(Path.Combine(_session.Directory, "requirements.txt"), "numpy\n");
        _session.Set("StoredAWSRegion", "ap-south-1");
        FileInfo written = _session.Run("Initialize-RunctlConfiguration -S3Bucket 'my-bucket' -IamInstanceProfile P -InstanceType g5.xlarge").Single;
        Assert.Equal(File, written.FullName);
        _session.Set("StoredAWSRegion", null);
        var read = _session.Run("Get-RunctlConfiguration").Output.ToDictionary(item => (string)item.Properties["Name"].Value, item => item.Properties["Value"].Value);
        Assert.Equal(("ap-south-1", "my-bucket", "P", "g5.xlarge", "ckpts"), (read["Region"], read["S3Bucket"], read["IamInstanceProfile"], read["DefaultInstanceType"], read["CheckpointDirectory"]));
        Assert.Equal(Path.GetFileName(_session.Directory), read["ProjectName"]);
        Assert.Null(read["SetupCommand"]);
        Assert.Contains("# setup_command = \"pip install -r requirements.txt\"", System.IO.File.ReadAllText(File));
        Assert.DoesNotContain(Directory.GetFiles(_session.Directory), path => path.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public void Instance_profiles_of_the_account_are_offered_as_a_comment_and_a_sandbox_is_not_written_down()
    {
        _session.Run("$sandbox = Start-RunctlSandbox -UseAsDefault; $null = New-RunctlSpotInstance g5.xlarge -Wait");
        try
        {
            Assert.Empty(_session.Run("Initialize-RunctlConfiguration").Errors);
            var text = System.IO.File.ReadAllText(File);
            Assert.Matches("Seen on instances: (?<name>[^.]+)\\.\n# iam_instance_profile = \"\\k<name>\"\n", text);
            Assert.Contains("\nregion = \"us-east-1\"\n", text);
            Assert.DoesNotContain("127.0.0.1:" + _session.Run("$sandbox.EndpointUrl.Port").Single, text);
            Assert.DoesNotContain("runctl-sandbox", text);
        }
        finally
        {
            _session.Run("Stop-RunctlSandbox");
        }
    }

    [Theory]
    [InlineData("[aws]\ns3_bucket = \"mine\"\n")]
    [InlineData("[aws\nbroken")]
    public void A_file_that_is_there_stays_unless_forced(string before)
    {
        System.IO.File.WriteAllText(File, before);
        var result = _session.Run("Initialize-RunctlConfiguration");
        Assert.Equal("ConfigurationExists", result.ErrorId);
        Assert.Equal(ErrorCategory.ResourceExists, result.Error.CategoryInfo.Category);
        Assert.Contains("-Force", result.Error.ErrorDetails.RecommendedAction);
        Assert.Equal(before, System.IO.File.ReadAllText(File));
        Assert.Empty(_session.Run("Initialize-RunctlConfiguration -Force").Errors);
        Assert.Empty(_session.Run("Get-RunctlConfiguration").Warnings);
        Assert.DoesNotContain("mine", System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void WhatIf_writes_nothing()
    {
        Assert.Empty(_session.Run("Initialize-RunctlConfiguration -WhatIf").Errors);
        Assert.Empty(Directory.GetFileSystemEntries(_session.Directory));
    }

    [Fact]
    public void A_directory_that_is_missing_or_not_writable_is_an_error_that_names_the_file()
    {
        Assert.Equal("ProjectMissing", _session.Run("Initialize-RunctlConfiguration ./no-such").ErrorId);
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There is a file system nobody may write to on Linux only.");
        var result = _session.Run("Initialize-RunctlConfiguration /proc/self");
        Assert.Equal("ConfigurationNotWritten", result.ErrorId);
        Assert.Contains("/proc/self/.runctl.toml", result.Error.ToString());
    }

    public void Dispose() => _session.Dispose();
}
