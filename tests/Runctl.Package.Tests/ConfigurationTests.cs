using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests;

public sealed class ConfigurationTests
{
    [Fact]
    public void Each_setting_says_where_it_came_from()
    {
        using var session = new ModuleSession();
        File.WriteAllText(Path.Combine(session.Directory, ".runctl.toml"), "[aws]\ns3_bucket = \"my-checkpoint-bucket\"  # For checkpoint uploads\n");
        var sources = session.Run("Get-RunctlConfiguration -Region eu-west-1").Output.ToDictionary(item => (string)item.Properties["Name"].Value, item => (string)item.Properties["Source"].Value);
        Assert.Equal("Parameter", sources["Region"]);
        Assert.Equal("File (line 2)", sources["S3Bucket"]);
        Assert.Equal("Default", sources["PollInterval"]);
    }

    [Fact]
    public void The_file_is_found_upwards_from_the_current_location()
    {
        using var session = new ModuleSession();
        File.WriteAllText(Path.Combine(session.Directory, ".runctl.toml"), "[aws]\ns3_bucket = \"found\"\n");
        session.GoTo(Directory.CreateDirectory(Path.Combine(session.Directory, "a", "b")).FullName);
        Assert.Equal("found", session.Run("(Get-RunctlConfiguration S3Bucket).Value").Single);
    }

    [Fact]
    public void Secrets_are_masked_and_references_are_not()
    {
        using var session = new ModuleSession();
        File.WriteAllText(Path.Combine(session.Directory, ".runctl.toml"), "[training.environment]\nWANDB_API_KEY = \"ssm:/wandb\"\nOTHER = \"hush\"\n[alerts]\nwebhook_url = \"https://hooks.example/hush\"\n");
        var shown = session.Show("Get-RunctlConfiguration");
        Assert.DoesNotContain("hush", shown);
        Assert.Contains("ssm:/wandb", shown);
    }

    [Fact]
    public void The_region_chosen_by_AWS_Tools_counts()
    {
        using var session = new ModuleSession();
        session.Set("StoredAWSRegion", "ap-south-1");
        Assert.Equal("ap-south-1", session.Run("(Get-RunctlConfiguration Region).Value").Single);
        Assert.Equal("Session", session.Run("(Get-RunctlConfiguration Region).Source").Single);
        Assert.Equal("eu-west-1", session.Run("(Get-RunctlConfiguration Region -Region eu-west-1).Value").Single);
    }

    [Fact]
    public void Names_of_settings_and_regions_complete()
    {
        using var session = new ModuleSession();
        Assert.Contains("S3Bucket", Completions(session, "Get-RunctlConfiguration S3"));
        Assert.Contains("eu-central-1", Completions(session, "Get-RunctlInstance -Region eu-c"));
        Assert.Contains("g5.xlarge", Completions(session, "New-RunctlSpotInstance g5.x"));
    }

    private static List<string> Completions(ModuleSession session, string line) =>
        [.. session.Run($"[System.Management.Automation.CommandCompletion]::CompleteInput('{line}', {line.Length}, $null).CompletionMatches.CompletionText").Output.Select(item => item.ToString())];
}
