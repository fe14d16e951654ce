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
    [InlineData("regoin", "region")]
    [InlineData("s3bucket", "s3_bucket")]
    [InlineData("PROFILE", "profile")]
    [InlineData("completely_else", null)]
    public void The_nearest_name_is_found(string typed, string? expected) => Assert.Equal(expected, NearestName.Find(typed, ["region", "profile", "s3_bucket", "s3_prefix"]));
}
