using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Runctl.Core.Tests.Fakes;
using Runctl.Ports;

namespace Runctl.Core.Tests.Monitoring;

/// <summary>Guards that answer by what a test says of them: one run on each instance.</summary>
internal sealed class FakeGuards
{
    private readonly FakeCloud _cloud;
    private readonly ConcurrentDictionary<string, FakeGuard> _guards = new(StringComparer.Ordinal);

    public FakeGuards(FakeCloud cloud)
    {
        _cloud = cloud;
        cloud.Shell.Answer = Answer;
    }

    /// <summary>Outcome of a command of one instance instead of the usual one; null for the usual one.</summary>
    public Func<FakeGuard, string, CommandOutcome?>? Instead { get; set; }

    public FakeGuard Add(string instanceId)
    {
        _cloud.Ec2.Add(instanceId);
        return _guards[instanceId] = new FakeGuard(instanceId);
    }

    public int Count(string command) => _guards.Values.Sum(g => g.Count(command));

    public static CommandOutcome Done(string id, string line, int exitCode = 0) => new(id, exitCode == 0 ? "Success" : "Failed", null, exitCode, line + "\n", "");

    public static CommandOutcome Failed(string id, string error) => Done(id, $$$"""{"schema":1,"error":{"id":"{{{error}}}","message":"It is {{{error}}}."}}""", 7);

    public static CommandOutcome Pending(string id) => new(id, "InProgress", null, null, "", "");

    private CommandOutcome Answer(string id, ShellCommand sent)
    {
        var guard = _guards[id];
        var argv = Arguments(sent.Script);
        guard.Called.Enqueue(argv);
        return Instead?.Invoke(guard, argv[0]) ?? argv[0] switch
        {
            "events" => Done(id, guard.EventPage(long.Parse(argv[4], System.Globalization.CultureInfo.InvariantCulture))),
            "interrupt" => Pending(id),
            _ => Done(id, guard.Status(whole: argv.Contains("--run"))),
        };
    }

    private static string[] Arguments(string script)
    {
        var begin = script.LastIndexOf("'@", StringComparison.Ordinal) + 2;
        using var envelope = JsonDocument.Parse(Encoding.UTF8.GetString(Convert.FromBase64String(script[begin..script.IndexOf('\'', begin)])));
        return [.. envelope.RootElement.GetProperty("argv").EnumerateArray().Select(a => a.GetString()!)];
    }
}
