using System.Text;
using System.Text.Json;
using Runctl.Core.Tests.Fakes;
using Runctl.Guarding;
using Runctl.Json;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Core.Tests.Guarding;

public sealed class GuardCommandTests : IDisposable
{
    private readonly TempDirectory _root = new();
    private readonly FakeCloud _cloud;

    public GuardCommandTests()
    {
        _cloud = new FakeCloud(_root.Path);
        _cloud.Ec2.Add("i-1");
    }

    /// <summary>A program that answers with the envelope it was given.</summary>
    private static GuardProgram Echo { get; } = new(new Dictionary<string, byte[]>
    {
        ["__main__.py"] = Encoding.UTF8.GetBytes("import base64, json, sys\nprint(json.dumps(json.loads(base64.b64decode(sys.argv[1][1:]))))\n"),
    });

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("plain")]
    [InlineData("it's \"quoted\"")]
    [InlineData("$(touch /tmp/x) `id` $HOME ${PATH} ; rm -rf / & | > <")]
    [InlineData("two\nlines\r\n\ttab")]
    [InlineData("größer 日本語 \U0001F600")]
    [InlineData("--epochs=3")]
    [InlineData("")]
    [InlineData("back\\slash % %s !history *")]
    public async Task Any_argument_reaches_the_guard_byte_for_byte(string argument)
    {
        var command = new GuardCommand(["run", argument], RunctlJson.ToElement(new { Value = argument }));
        var outcome = await RunAsync(command.DeliveringScript(Echo, new ChunkedFile(Echo.Path, Echo.Archive, gzip: true)));
        Assert.Equal(0, outcome.ExitCode);
        using var answer = JsonDocument.Parse(outcome.Output);
        Assert.Equal(["run", argument], answer.RootElement.GetProperty("argv").EnumerateArray().Select(a => a.GetString()!));
        Assert.Equal(argument, answer.RootElement.GetProperty("stdin").GetProperty("value").GetString());
    }

    [Fact]
    public async Task A_missing_program_is_said_by_exit_code_and_error()
    {
        var outcome = await RunAsync(new GuardCommand(["status"]).Script(Echo));
        Assert.Equal(79, outcome.ExitCode);
        Assert.True(GuardAnswer.Read(outcome).ProgramIsMissing);
    }

    [Fact]
    public async Task An_instance_that_can_not_fetch_the_program_says_that_it_is_missing()
    {
        var script = new GuardCommand(["status"]).FetchingScript(Echo, new RunStore(_cloud.Store, "b", "p", _cloud.Time), "us-east-1");
        var outcome = await RunAsync("export AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:9\n" + script);
        Assert.Equal(79, outcome.ExitCode);
        Assert.True(GuardAnswer.Read(outcome).ProgramIsMissing);
        Assert.Contains("Connection refused", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_fetches_the_program_is_small_and_not_asked_where_the_program_is()
    {
        var command = new GuardCommand(["status"]);
        var script = command.FetchingScript(Echo, new RunStore(_cloud.Store, "b", "p", _cloud.Time), "us-east-1");
        Assert.InRange(script.Length - command.Script(Echo).Length, 1, 2_800);
        await RunAsync(new ChunkedFile(Echo.Path, Echo.Archive, gzip: true).Script);
        var outcome = await RunAsync("export AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:9\n" + script);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
    }

    [Fact]
    public async Task A_delivered_program_stays_for_the_next_call()
    {
        await RunAsync(new ChunkedFile(Echo.Path, Echo.Archive, gzip: true).Script);
        var outcome = await RunAsync(new GuardCommand(["status"]).Script(Echo));
        Assert.Equal(0, outcome.ExitCode);
    }

    [Fact]
    public async Task A_second_delivery_leaves_alone_what_is_there_and_what_was_added_to_it()
    {
        var small = new ChunkedFile(Echo.Path, Echo.Archive, gzip: true);
        var big = new ChunkedFile("/var/lib/runctl/code/big.tar.gz", new byte[200_000], gzip: false);
        foreach (var (path, scripts) in new[] { (Echo.Path, [small.Script]), ("/var/lib/runctl/code/big.tar.gz", big.Pieces.Append(big.JoinScript).ToList()) })
        {
            await RunAllAsync();
            var file = _root.Path + path;
            File.AppendAllText(file, "added");
            var before = File.ReadAllBytes(file);
            await RunAllAsync();
            Assert.Equal(before, File.ReadAllBytes(file));
            Assert.Equal([file], Directory.GetFiles(Path.GetDirectoryName(file)!));

            // Of two who deliver at once one joins, and takes the other's pieces away.
            Assert.Equal(0, (await RunAsync(scripts[^1])).ExitCode);

            async Task RunAllAsync()
            {
                foreach (var script in scripts)
                {
                    Assert.Equal(0, (await RunAsync(script)).ExitCode);
                }
            }
        }
    }

    [Fact]
    public async Task A_damaged_delivery_is_refused_and_leaves_nothing_behind()
    {
        var script = new ChunkedFile(Echo.Path, Echo.Archive, gzip: false).Script;
        var damaged = script.Replace(Convert.ToBase64String(Echo.Archive)[..16], Convert.ToBase64String(new byte[12]), StringComparison.Ordinal);
        Assert.NotEqual(script, damaged);
        var outcome = await RunAsync(damaged);
        Assert.Equal(6, outcome.ExitCode);
        Assert.Equal("DeliveryFailed", GuardAnswer.Read(outcome).Error!.Id);
        Assert.Empty(Directory.EnumerateFiles(_root.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_big_file_comes_in_pieces_and_is_whole_in_the_end()
    {
        var content = new byte[200_000];
        new Random(7).NextBytes(content);
        var parcel = new ChunkedFile("/var/lib/runctl/code/big.tar.gz", content, gzip: false);
        Assert.False(parcel.FitsOneCommand);
        Assert.All(parcel.Pieces, p => Assert.InRange(p.Length, 1, 60_000));
        foreach (var piece in parcel.Pieces.Reverse())
        {
            Assert.Equal(0, (await RunAsync(piece)).ExitCode);
        }

        Assert.Equal(1, (await RunAsync(ChunkedFile.ExistsScript("/var/lib/runctl/code/big.tar.gz"))).ExitCode);
        Assert.Equal(0, (await RunAsync(parcel.JoinScript)).ExitCode);
        Assert.Equal(0, (await RunAsync(ChunkedFile.ExistsScript("/var/lib/runctl/code/big.tar.gz"))).ExitCode);
        var directory = Path.Combine(_root.Path, "var/lib/runctl/code");
        Assert.Equal([Path.Combine(directory, "big.tar.gz")], Directory.GetFiles(directory));
        Assert.Equal(content, File.ReadAllBytes(Path.Combine(directory, "big.tar.gz")));
    }

    [Fact]
    public async Task A_machine_without_python_is_told_apart()
    {
        await RunAsync(new ChunkedFile(Echo.Path, Echo.Archive, gzip: true).Script);
        var outcome = await RunAsync("command() { return 1; }\n" + new GuardCommand(["status"]).Script(Echo));
        Assert.Equal("PythonMissing", GuardAnswer.Read(outcome).Error!.Id);
    }

    [Theory]
    [InlineData("3.8.0", "252", "GuardMissing")]
    [InlineData("3.14.2", "243", "GuardMissing")]
    [InlineData("4.0.0", "", "GuardMissing")]
    [InlineData("3.7.16", "252", "PythonTooOld")]
    [InlineData("3.6.8", "219", "PythonTooOld")]
    [InlineData("", "252", "PythonMissing")]
    [InlineData("3.9.1", "242", "SystemdTooOld")]
    [InlineData("3.9.1", "219", "SystemdTooOld")]
    public async Task What_is_too_old_for_the_guard_is_told_before_anything_is_sent(string python, string systemd, string id)
    {
        Directory.CreateDirectory(Path.Combine(_root.Path, "run/systemd/system"));
        var outcome = await RunAsync($"python3() {{ echo {python}; }}\nsystemctl() {{ printf 'systemd {systemd} ({systemd}-1)\\n+PAM +AUDIT\\n'; }}\n" + new GuardCommand(["status"]).Script(Echo));
        var error = GuardAnswer.Read(outcome).Error!;
        Assert.Equal(id, error.Id);
        Assert.Equal(id == "GuardMissing" ? 79 : 78, outcome.ExitCode);
        if (id is "PythonTooOld" or "SystemdTooOld")
        {
            Assert.Contains(id == "PythonTooOld" ? $"Python {python}" : $"version {systemd}", error.Message, StringComparison.Ordinal);
            Assert.Contains("Use an image", error.RecommendedAction, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Where_no_systemd_runs_its_version_does_not_matter()
    {
        var outcome = await RunAsync("systemctl() { echo 'systemd 219'; }\n" + new GuardCommand(["status"]).Script(Echo));
        Assert.True(GuardAnswer.Read(outcome).ProgramIsMissing);
    }

    private async Task<CommandOutcome> RunAsync(string script)
    {
        var id = await _cloud.Shell.SendAsync(new ShellCommand(["i-1"], script, TimeSpan.FromSeconds(60), ""), CancellationToken.None);
        CommandOutcome? outcome;
        while ((outcome = await _cloud.Shell.GetOutcomeAsync(id, "i-1", CancellationToken.None)) is null)
        {
            await Task.Yield();
        }

        return outcome;
    }
}
