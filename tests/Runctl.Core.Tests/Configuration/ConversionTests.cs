using System.Text.Json;
using Runctl.Configuration;
using Runctl.Json;
using Runctl.Runs;

namespace Runctl.Core.Tests.Configuration;

public sealed class ConversionTests
{
    [Theory]
    [InlineData("30s", 30)]
    [InlineData("2m", 120)]
    [InlineData("1h", 3600)]
    [InlineData("500ms", 0.5)]
    [InlineData("90", 90)]
    [InlineData("1.5", 1.5)]
    [InlineData(" 2m ", 120)]
    public void Durations_are_read(string text, double seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), SettingConverter.Duration(text));

    [Theory]
    [InlineData("")]
    [InlineData("0s")]
    [InlineData("-5s")]
    [InlineData("2 minutes")]
    [InlineData("1,5s")]
    [InlineData("s")]
    public void What_is_no_duration_is_refused(string text) => Assert.Null(SettingConverter.Duration(text));

    [Theory]
    [InlineData("200 GB", 200_000_000_000)]
    [InlineData("200gb", 200_000_000_000)]
    [InlineData("64 GiB", 68_719_476_736)]
    [InlineData("1.5 TB", 1_500_000_000_000)]
    [InlineData("10 kB", 10_000)]
    [InlineData("12 B", 12)]
    [InlineData("4096", 4096)]
    [InlineData("0", 0)]
    public void Sizes_are_read(string text, long bytes)
    {
        Assert.Equal(bytes, SettingConverter.Bytes(text));
        Assert.Equal(bytes, Convert(nameof(RunctlConfiguration.RestoreLimit), text));
        Assert.Equal(bytes, Convert(nameof(RunctlConfiguration.RestoreLimit), bytes));
    }

    [Theory]
    [InlineData("")]
    [InlineData("GB")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("200 G")]
    [InlineData("200 gigabytes")]
    [InlineData("200 XB")]
    [InlineData("99999999999999999999 GB")]
    public void What_is_no_size_is_refused(string text) => Assert.Null(SettingConverter.Bytes(text));

    [Theory]
    [InlineData("*.pt", true)]
    [InlineData("exp*/config.yaml", true)]
    [InlineData("epoch:[0-9]*.ckpt", true)]
    [InlineData("/abs/*.pt", false)]
    [InlineData("../*.pt", false)]
    [InlineData("a//b", false)]
    [InlineData("dir/", false)]
    [InlineData(" ", false)]
    public void A_glob_is_a_path_below_the_checkpoint_directory(string text, bool isTaken)
    {
        Assert.Equal(isTaken, Convert(nameof(RunctlConfiguration.CheckpointHead), text) is not null);
        Assert.Equal(isTaken, Convert(nameof(RunctlConfiguration.CheckpointInclude), new List<object> { text }) is not null);
    }

    [Fact]
    public void What_a_run_keeps_is_in_its_specification_under_the_names_of_the_settings()
    {
        var settings = CheckpointSettings.Of(new RunctlConfiguration { CheckpointInclude = ["a"], CheckpointExclude = ["b"], CheckpointHead = "c", RestoreLimit = 200, VerifyCommand = "v", CheckpointPatterns = ["p"] });
        var json = RunctlJson.ToElement(settings);
        Assert.Equal("""{"dir":"checkpoints","save_interval":5,"keep_last_n":5,"mirror":true,"include":["a"],"exclude":["b"],"head":"c","restore_limit":200,"verify_command":"v","patterns":["p"]}""", json.ToString());
        Assert.Equal(JsonValueKind.Null, RunctlJson.ToElement(new CheckpointSettings()).GetProperty("restore_limit").ValueKind);
    }

    [Theory]
    [InlineData(0L, 0)]
    [InlineData(1L, 1)]
    [InlineData(-1L, null)]
    public void All_checkpoints_are_kept_with_0_and_none_with_no_number(long given, int? kept) =>
        Assert.Equal(kept, Convert(nameof(RunctlConfiguration.KeepLastN), given));

    private static object? Convert(string property, object value) => SettingConverter.Convert(Setting.All.Single(setting => setting.Property == property), value, isText: false);

    [Theory]
    [InlineData("TERM", "TERM")]
    [InlineData("SIGUSR1", "USR1")]
    [InlineData("usr2", "USR2")]
    [InlineData("INT", "INT")]
    [InlineData("KILL", null)]
    [InlineData("HUP", null)]
    [InlineData("", null)]
    public void Stop_signals_are_read(string text, string? expected) => Assert.Equal(expected, SettingConverter.Convert(Named("stop_signal"), text, isText: true));

    [Theory]
    [InlineData("trainers", true)]
    [InlineData("launcher", true)]
    [InlineData("shell", false)]
    public void The_signal_goes_to_trainers_or_to_their_launcher(string text, bool isRead) => Assert.Equal(isRead ? text : null, SettingConverter.Convert(Named("signal_to"), text, isText: true));

    [Fact]
    public void The_policy_of_a_run_says_how_it_is_stopped()
    {
        var policy = Runctl.Runs.RunPolicy.Of(new RunctlConfiguration { StopSignal = "USR1", UsesStopFile = true, SignalTo = "launcher" });
        Assert.Equal(("USR1", true, "launcher"), (policy.StopSignal, policy.StopFile, policy.SignalTo));
    }

    [Theory]
    [InlineData("regoin", "region")]
    [InlineData("s3bucket", "s3_bucket")]
    [InlineData("PROFILE", "profile")]
    [InlineData("completely_else", null)]
    public void The_nearest_name_is_found(string typed, string? expected) => Assert.Equal(expected, NearestName.Find(typed, ["region", "profile", "s3_bucket", "s3_prefix"]));

    private static Setting Named(string key) => Setting.All.Single(setting => setting.Key == key);
}
