using CsCheck;
using Runctl.Checkpoints;
using Runctl.Errors;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Training;

public sealed class NamingTests
{
    [Fact]
    public void A_run_id_is_project_time_and_chance() =>
        Assert.Matches("^my-project-20260131-120000-[0-9a-f]{6}$", RunNaming.NewRunId("My.Project", new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero)));

    [Fact]
    public void Whatever_a_project_is_called_its_run_id_is_plain() => Gen.String.Sample(name =>
        System.Text.RegularExpressions.Regex.IsMatch(RunNaming.NewRunId(RunNaming.ProjectName(name, "/x"), DateTimeOffset.UnixEpoch), "^[a-z0-9][a-z0-9-]*-[0-9a-f]{6}$"));

    [Theory]
    [InlineData(null, "/home/me/digits", "digits")]
    [InlineData(null, "/home/me/digits/", "digits")]
    [InlineData("Über uns; rm -rf /", "/x", "ber-uns--rm--rf")]
    [InlineData("..", "/x", "project")]
    public void A_project_name_holds_nothing_a_shell_minds(string? configured, string directory, string expected) => Assert.Equal(expected, RunNaming.ProjectName(configured, directory));

    [Theory]
    [InlineData(null, 5L, null)]
    [InlineData(10L, null, null)]
    [InlineData(10L, 11L, 0L)]
    [InlineData(10L, 8L, 3L)]
    [InlineData(10L, 12L, 0L)]
    public void Steps_lost_are_those_trained_twice(long? lastBefore, long? first, long? expected) => Assert.Equal(expected, RunProjection.StepsLost(lastBefore, first));

    [Theory]
    [InlineData("s3://bucket/a/b.pt", "bucket", "a/b.pt")]
    [InlineData("s3://my.bucket/x", "my.bucket", "x")]
    public void An_uri_has_bucket_and_key(string text, string bucket, string key) => Assert.Equal(new S3Uri(bucket, key), S3Uri.Parse(text));

    [Theory]
    [InlineData("s3://bucket")]
    [InlineData("s3://bucket/")]
    [InlineData("s3:///key")]
    [InlineData("/local/path")]
    public void Anything_else_is_refused(string text) => Assert.Equal("S3UriInvalid", Assert.Throws<RunctlException>(() => S3Uri.Parse(text)).Id);

    [Theory]
    [InlineData("p/runs/r/events/1/000000020480.jsonl", 20480L)]
    [InlineData("p/runs/r/events/1/7.jsonl", 7L)]
    [InlineData("p/runs/r/events/1/readme.txt", null)]
    public void A_segment_of_events_tells_where_it_begins(string key, long? start) => Assert.Equal(start, RunKeys.SegmentStart(key));
}
