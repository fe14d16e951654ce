using System.Collections.Concurrent;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Training;

namespace Runctl.Benchmarks;

/// <summary>
/// A fleet at the level of the ports: no processes and no HTTP, since hundreds of sandbox instances would be hundreds of process trees. Guards answer after a while
/// that all is well; calls are counted as AWS would, pages included.
/// </summary>
internal sealed class StandInFleet(TimeProvider time, int count, TimeSpan latency) : ICloud, ICommandService
{
    private readonly ConcurrentDictionary<string, (IReadOnlyList<string> Ids, long Sent)> _commands = new();
    private int _number;
    private int _calls;

    /// <summary>Calls since the start.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Commands since the start.</summary>
    public int Commands => Volatile.Read(ref _number);

    public CloudConnection Connection { get; } = new() { Region = "us-east-1" };

    public string Region => "us-east-1";

    public IInstanceService Instances { get; } = System.Reflection.DispatchProxy.Create<IInstanceService, SpotOnly>();

    ICommandService ICloud.Commands => this;

    public IObjectStore Objects => throw new NotSupportedException();

    /// <summary>The trainings on it.</summary>
    public IEnumerable<RunctlTraining> Trainings => Enumerable.Range(0, count).Select(i => TrainingOn($"i-{i:x17}"));

    /// <summary>What trains on an instance.</summary>
    public static RunctlTraining TrainingOn(string instanceId) => new()
    {
        RunId = $"digits-20260131-120000-{instanceId[^6..]}", InstanceId = instanceId, ProjectName = "digits", Script = "train.py", State = "running", Region = "us-east-1",
    };

    public Task<string> GetCallerAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ISandboxControl?> FindSandboxAsync(CancellationToken cancellationToken) => Task.FromResult<ISandboxControl?>(null);

    public Task<string> SendAsync(ShellCommand command, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        var id = "c-" + Interlocked.Increment(ref _number);
        _commands[id] = (command.InstanceIds, time.GetTimestamp());
        return Task.FromResult(id);
    }

    public Task<IReadOnlyList<CommandOutcome>> ListOutcomesAsync(string commandId, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        var (ids, sent) = _commands[commandId];
        if (time.GetElapsedTime(sent) < latency)
        {
            return Task.FromResult<IReadOnlyList<CommandOutcome>>([.. ids.Select(id => new CommandOutcome(id, "InProgress", "InProgress", null, "", ""))]);
        }

        _commands.TryRemove(commandId, out _);
        return Task.FromResult<IReadOnlyList<CommandOutcome>>([.. ids.Select(id => new CommandOutcome(id, "Success", "Success", 0, Status(id), ""))]);
    }

    public Task<IReadOnlyList<ManagedInstance>> FindManagedAsync(IReadOnlyList<string> instanceIds, CancellationToken cancellationToken)
    {
        Interlocked.Add(ref _calls, (instanceIds.Count + 49) / 50);
        return Task.FromResult<IReadOnlyList<ManagedInstance>>([.. instanceIds.Select(id => new ManagedInstance(id, true, "3.3"))]);
    }

    public Task<CommandOutcome?> GetOutcomeAsync(string commandId, string instanceId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task CancelAsync(string commandId, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<string?> FindParameterAsync(string name, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    public void Dispose()
    {
    }

    /// <summary>What the guard of an instance says while all is well.</summary>
    public static string Status(string id) =>
        $$"""
        {"schema":1,"time":"2026-01-31T12:00:00.000Z","instance_id":"{{id}}","guard":{"alive":true,"pid":412,"program":"ab12","imds":"ok","since":"2026-01-31T11:00:00.000Z"},"notice":null,"runs":[{"run_id":"digits-20260131-120000-{{id[^6..]}}","project_name":"digits","attempt":1,"state":"running","instance_id":"{{id}}","pid":500,"started":"2026-01-31T11:00:00.000Z","ended":null,"exit_code":null,"signal":null,"first_step":1,"last_step":1200,"last_seq":0,"log_size":123456,"checkpoint":{"name":"epoch_10.pt","step":10,"manifest":"s3://bucket/checkpoints/spot-interruptions/{{id}}/checkpoints/epoch_10.pt.manifest.json"},"resumed_from":null,"phases":[{"name":"restore","seconds":0.4}],"error":null}],"events":[]}
        """.Trim() + "\n";

    /// <summary>Answers that every instance is a running spot instance; this is asked once. Public, as proxies have to be.</summary>
    public class SpotOnly : System.Reflection.DispatchProxy
    {
        /// <inheritdoc/>
        protected override object? Invoke(System.Reflection.MethodInfo? targetMethod, object?[]? args) => targetMethod?.Name == nameof(IInstanceService.FindAsync)
            ? Task.FromResult<IReadOnlyList<RunctlInstance>>([.. ((InstanceQuery)args![0]!).InstanceIds.Select(id => new RunctlInstance { InstanceId = id, State = "running", InstanceType = "g5.xlarge", Region = "us-east-1", IsSpot = true })])
            : throw new NotSupportedException(targetMethod?.Name);
    }
}
