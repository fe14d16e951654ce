using System.Buffers.Text;
using System.IO.Compression;
using System.Text;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Runs;

/// <summary>The names of the index: what they carry, how they sort, and what a forged one can do.</summary>
public sealed class IndexNameTests
{
    private const string Head = "8230139200-digits-1/";

    /// <summary>As the guard writes it.</summary>
    private const string OfGuard = "8230139199-digits-20260131-120000-ab12cd/0002-1~ZVBbTsMwELzLfieOkzSF-Bx8gVDkOtvUNLUt76ZqqXobbsLFsAtUSHzOY2fGvoBbDhuMoJoCiDUjKLCOMcYlMI5QJJR4Z3CwY9ZKWTftqls_PPZ6Y0bcyr8ePoecMHXiNOs4YdL0UdtZb-xs-Ty8e5f1hUrUxGWt8zENFDyD4rjgbUXMzQoa2axTXdnWT3WjpFS1FE0nn9MNuvGfpc0WKYWU35aT5cH4MfXVq7aArY3EAzGGRBQw6zvq-wLMDs0--PR0UBdw-pBnYvBmN_QicMo7aGe3SEkHalVVbaq9-OXEG3kHefstT14LCDtNSKBe7mmkj_k_CI13Y1Jq0V1fEzbRhpzKUVtn3VRx_PywToRzcofo39Dw8JMx2skywfUL";

    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, 500, TimeSpan.Zero);

    private static readonly AttemptRecord Attempt = new()
    {
        Number = 2, Nonce = "n", State = "interrupted", ClaimedBy = "laptop", InstanceId = "i-0123456789abcdef0", InstanceType = "g5.xlarge", AvailabilityZone = "us-east-1a", IsSpot = true,
        Started = Noon, Ended = Noon.AddHours(1), ExitCode = 143, FirstStep = 1, LastStep = 99,
        Checkpoint = new CheckpointRecord { Manifest = "s3://b/k.manifest.json", Name = "epoch_9.pt", Step = 90 }, Phases = [new Phase("save", 1.5)], Unsaved = "epoch_10.pt",
    };

    [Fact]
    public void A_name_carries_what_a_list_shows_of_an_attempt_and_nothing_else()
    {
        var name = IndexName.Parse(KeyOf(Attempt)["p/index/".Length..])!;
        Assert.Equal(("digits-1", Noon.ToUnixTimeSeconds(), 2, true), (name.RunId, name.Created.ToUnixTimeSeconds(), name.Attempt, name.HasEnded));
        var entry = name.Unpack()!;
        Assert.Equal(("train.py", "digits", false, false), (entry.Other.Script, entry.Other.ProjectName, entry.Other.Cut, entry.Other.Checked));
        Assert.Equal([("save", 1.5)], entry.Attempt.Phases!.Select(p => (p.Name, p.Seconds)));
        Assert.Equal(Attempt with { Nonce = null, ClaimedBy = null, Phases = null }, entry.Attempt with { Phases = null });
    }

    [Fact]
    public void The_guards_names_are_read()
    {
        var name = IndexName.Parse(OfGuard)!;
        Assert.Equal(("digits-20260131-120000-ab12cd", 2, true), (name.RunId, name.Attempt, name.HasEnded));
        var entry = name.Unpack()!;
        Assert.Equal(("training/träin.py", "digits", "interrupted", "i-0123456789abcdef0", 143, 99L), (entry.Other.Script, entry.Other.ProjectName, entry.Attempt.State, entry.Attempt.InstanceId, entry.Attempt.ExitCode!.Value, entry.Attempt.LastStep!.Value));
        Assert.Equal(new CheckpointRecord { Manifest = "s3://b/k.manifest.json", Name = "epoch_9.pt", Step = 90 }, entry.Attempt.Checkpoint);
    }

    [Fact]
    public void Names_sort_newest_run_first_and_the_end_of_an_attempt_after_its_beginning()
    {
        string[] keys =
        [
            KeyOf(Attempt, Noon.AddDays(1)), KeyOf(Attempt with { Number = 1, State = "running" }), KeyOf(Attempt with { Number = 1 }), KeyOf(Attempt with { State = "claimed" }), KeyOf(Attempt), KeyOf(Attempt, default),
        ];
        Assert.Equal(keys, keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_would_make_a_name_too_long_is_left_out_and_said_so()
    {
        var random = new Random(1);
        var key = KeyOf(Attempt with { Unsaved = new string([.. Enumerable.Range(0, 1000).Select(_ => (char)random.Next(0x4e00, 0x9f00))]) });
        Assert.True(Encoding.UTF8.GetByteCount(key) <= 1024);
        var entry = IndexName.Parse(key["p/index/".Length..])!.Unpack()!;
        Assert.True(entry.Other.Cut);
        Assert.Equal(("interrupted", 143), (entry.Attempt.State, entry.Attempt.ExitCode!.Value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("8230139200-digits-1/0001-1")]
    [InlineData("823013920-digits-1/0001-1~A")]
    [InlineData("8230139200-Digits/0001-1~A")]
    [InlineData("8230139200-../0001-1~A")]
    [InlineData("8230139200-digits/1-1~A")]
    [InlineData("8230139200-digits/0000-1~A")]
    [InlineData("8230139200-digits/0001-2~A")]
    [InlineData("8230139200-digits/0001-1~A=")]
    [InlineData("8230139200-digits/0001-1~A\n")]
    [InlineData("8230139200-digits/sub/0001-1~A")]
    public void What_is_no_name_is_skipped(string name) => Assert.Null(IndexName.Parse(name));

    [Theory]
    [InlineData("""{"number":1,"state":"finished"}""", true)]
    [InlineData("""{"number":2,"state":"finished"}""", false)]
    [InlineData("""{"number":1,"state":"running"}""", false)]
    [InlineData("""{"number":1,"state":"anything"}""", false)]
    [InlineData("""{"number":1}""", false)]
    [InlineData("""{"number":1,"state":"finished","started":7}""", false)]
    [InlineData("""{"number":1,"state":"finished","ended":"tomorrow"}""", false)]
    [InlineData("""{"number":1,"state":"finished","last_step":1e99}""", false)]
    [InlineData("""{"number":1,"state":"finished","phases":[null]}""", false)]
    [InlineData("""{"number":1,"state":"finished","instance_id":"i-1; rm"}""", false)]
    [InlineData("""{"number":1,"state":"finished","instance_type":"a b"}""", false)]
    [InlineData("""{"number":1,"state":"finished","script":"\u001b[2J"}""", false)]
    [InlineData("""{"number":1,"state":"finished","checkpoint":{"name":"a\nb"}}""", false)]
    [InlineData("[]", false)]
    [InlineData("null", false)]
    [InlineData("{", false)]
    [InlineData("", false)]
    public void A_name_that_Runctl_would_not_write_carries_nothing(string json, bool isGood) => Assert.Equal(isGood, IndexName.Parse(Head + "0001-1~" + Pack(Encoding.UTF8.GetBytes(json)))!.Unpack() is not null);

    [Theory]
    [InlineData("AAAA")]
    [InlineData("A")]
    [InlineData("____")]
    public void A_name_that_cannot_be_unpacked_carries_nothing(string packed) => Assert.Null(IndexName.Parse(Head + "0001-1~" + packed)!.Unpack());

    [Fact]
    public void A_name_that_unpacks_to_very_much_carries_nothing()
    {
        var packed = Pack(Encoding.UTF8.GetBytes($$"""{"number":1,"state":"finished"{{new string(' ', 500_000)}}}"""));
        Assert.True(packed.Length < 1000);
        Assert.Null(IndexName.Parse(Head + "0001-1~" + packed)!.Unpack());
    }

    private static string KeyOf(AttemptRecord attempt, DateTimeOffset? created = null) =>
        IndexName.KeyOf("p/index/", new RunRecord { RunId = "digits-1", ProjectName = "digits", Created = created ?? Noon }, attempt, "train.py", isChecked: false);

    private static string Pack(byte[] json)
    {
        using var buffer = new MemoryStream();
        using (var deflate = new DeflateStream(buffer, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            deflate.Write(json);
        }

        return Base64Url.EncodeToString(buffer.ToArray()) is { Length: > 0 } packed ? packed : "AwA";
    }
}
