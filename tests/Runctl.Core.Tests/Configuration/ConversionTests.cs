using Runctl.Configuration;

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
