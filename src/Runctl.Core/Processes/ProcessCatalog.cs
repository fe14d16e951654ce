using System.Text.Json;
using Runctl.Errors;
using Runctl.Events;
using Runctl.Guarding;
using Runctl.Instances;
using Runctl.Json;
using Runctl.Logs;
using Runctl.Ports;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Processes;

/// <summary>Asks guards what trainings take of their instances.</summary>
public sealed class ProcessCatalog(ICloud cloud, TimeProvider time)
{
    private const int MostEvents = 20;

    private readonly GuardClient _guard = new(cloud, time);

    /// <summary>The trainings of an instance together.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="detailed">Whether the machine and its interruptions are wanted, not only processes.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<RunctlInstanceUsage> ReadAsync(string instanceId, bool detailed, CancellationToken cancellationToken) => AskAsync(instanceId, null, detailed, cancellationToken);

    /// <summary>One training. In detail it is answered after its instance is gone, too: what it was told is in S3.</summary>
    public async Task<RunctlInstanceUsage> ReadAsync(RunctlTraining training, bool detailed, CancellationToken cancellationToken)
    {
        var store = new RunRefresher(cloud, time).StoreOf(training);
        try
        {
            return await AskAsync(training.InstanceId, training.RunId, detailed, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (detailed && RunRefresher.MeansGone(e) && store is not null)
        {
            var instance = await cloud.FindOneAsync(training.InstanceId, cancellationToken).ConfigureAwait(false);
            var events = await store.ReadEventsAsync(training.RunId, training.Attempt, 0, cancellationToken).ConfigureAwait(false);
            return new RunctlInstanceUsage { InstanceId = training.InstanceId, State = instance?.State, Events = [.. events.Where(IsOfInterruption).TakeLast(MostEvents)] };
        }
    }

    private static bool IsOfInterruption(RunctlEvent item) =>
        item.SecondsSinceNotice is not null || item.Kind is EventKinds.RebalanceRecommended or EventKinds.InterruptionStale or EventKinds.InterruptionWithdrawn;

    private async Task<RunctlInstanceUsage> AskAsync(string instanceId, string? runId, bool detailed, CancellationToken cancellationToken)
    {
        string[] arguments = ["processes", "--packed", .. runId is null ? (string[])[] : ["--run", runId], .. detailed ? (string[])["--detailed"] : []];
        var packed = await _guard.CallAsync<PackedAnswer>(instanceId, arguments, null, GuardClient.ShortCall, cancellationToken).ConfigureAwait(false);
        var answer = Read(instanceId, packed);
        return new RunctlInstanceUsage
        {
            InstanceId = instanceId,
            State = RunStates.Running,
            Time = answer.Time?.UtcDateTime,
            IsGuarded = answer.Guard?.Alive,
            InterruptionTime = answer.Notice?.Time,
            Cpus = answer.Cpus,
            Load = answer.Load,
            Uptime = Span(answer.Uptime),
            MemoryTotal = answer.Memory?.Total,
            MemoryAvailable = answer.Memory?.Available,
            Gpus = answer.Gpus,
            Disks = answer.Disks ?? [],
            Processes = [.. answer.Processes.Select(p => Process(instanceId, p))],
            Omitted = answer.Omitted,
            Events = answer.Events ?? [],
            ActiveTrainings = answer.Active,
        };
    }

    private static UsageAnswer Read(string instanceId, PackedAnswer answer)
    {
        try
        {
            return RunctlJson.Read<UsageAnswer>(Packed.Unpack(Convert.FromBase64String(answer.Packed)));
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidDataException)
        {
            throw RunctlErrors.GuardAnswerInvalid(instanceId, 0, answer.Packed, e);
        }
    }

    private static RunctlProcess Process(string instanceId, UsageAnswer.ProcessAnswer process) => new()
    {
        InstanceId = instanceId,
        RunId = process.RunId,
        ProcessId = process.Pid,
        ParentId = process.Parent,
        UserId = process.Uid,
        State = process.State,
        IsMain = process.Main,
        CpuPercent = process.CpuPercent,
        CpuTime = Span(process.CpuSeconds),
        Elapsed = Span(process.Elapsed),
        Memory = process.Memory,
        GpuMemory = process.GpuMemory,
        Threads = process.Threads,
        Command = process.Command,
    };

    private static TimeSpan? Span(double? seconds) => seconds is { } value ? TimeSpan.FromSeconds(value) : null;

    private sealed record PackedAnswer(string Packed);
}
