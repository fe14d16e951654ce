using System.Text.Json;
using Runctl.Errors;
using Runctl.Json;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Guarding;

/// <summary>Calls the guard of one instance, and brings it there where it is missing: through the orders of a bucket, or over SSM.</summary>
/// <param name="cloud">The connection.</param>
/// <param name="time">The clock.</param>
/// <param name="store">The store whose orders the program travels through; null to send it over SSM.</param>
internal sealed class GuardClient(ICloud cloud, TimeProvider time, RunStore? store = null)
{
    /// <summary>Time for calls that only look.</summary>
    public static readonly TimeSpan ShortCall = TimeSpan.FromSeconds(60);

    /// <summary>Time for calls that restore, set up or save.</summary>
    public static readonly TimeSpan LongCall = TimeSpan.FromHours(1);

    private readonly GuardProgram _program = GuardProgram.Current;
    private readonly CommandRunner _runner = new(cloud, time);

    /// <summary>Calls the guard and returns its answer; its errors are thrown.</summary>
    public async Task<JsonElement> CallAsync(string instanceId, IReadOnlyList<string> arguments, object? input, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var command = new GuardCommand(arguments, input is null ? null : RunctlJson.ToElement(input));
        var answer = await RunAsync(instanceId, command, command.Script(_program), timeout, cancellationToken).ConfigureAwait(false);
        if (answer.ProgramIsMissing && store is not null && await PublishAsync(store, cancellationToken).ConfigureAwait(false))
        {
            answer = await RunAsync(instanceId, command, command.FetchingScript(_program, store, cloud.Region), timeout, cancellationToken).ConfigureAwait(false);
        }

        // Without a bucket, or if S3 does not answer or refuses the instance.
        if (answer.ProgramIsMissing)
        {
            answer = await DeliverAndRunAsync(instanceId, command, timeout, cancellationToken).ConfigureAwait(false);
        }

        return answer.Require();
    }

    /// <summary>Calls the guard and reads its answer as a type.</summary>
    public async Task<T> CallAsync<T>(string instanceId, IReadOnlyList<string> arguments, object? input, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var value = await CallAsync(instanceId, arguments, input, timeout, cancellationToken).ConfigureAwait(false);
        try
        {
            return RunctlJson.Read<T>(value);
        }
        catch (JsonException e)
        {
            throw RunctlErrors.GuardAnswerInvalid(instanceId, 0, value.ToString(), e);
        }
    }

    /// <summary>Brings the program, in as many commands as it takes, without calling it.</summary>
    public async Task DeliverAsync(string instanceId, ChunkedFile parcel, CancellationToken cancellationToken)
    {
        if (parcel.FitsOneCommand)
        {
            await RunDeliveryAsync(instanceId, parcel.Script, cancellationToken).ConfigureAwait(false);
            return;
        }

        // An agent runs five commands at once; leave it room for an urgent one.
        await Parallel.ForEachAsync(parcel.Pieces, new ParallelOptions { MaxDegreeOfParallelism = 3, CancellationToken = cancellationToken },
            async (piece, token) => await RunDeliveryAsync(instanceId, piece, token).ConfigureAwait(false)).ConfigureAwait(false);
        await RunDeliveryAsync(instanceId, parcel.JoinScript, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Puts the program into the orders, once for all.</summary>
    /// <returns>Whether it is there; what keeps it out keeps nothing else.</returns>
    private async Task<bool> PublishAsync(RunStore orders, CancellationToken cancellationToken)
    {
        var key = orders.Keys.Guard(_program.ArchiveSha256);
        try
        {
            if (await cloud.Objects.FindAsync(orders.Bucket, key, cancellationToken).ConfigureAwait(false) is null)
            {
                await cloud.Objects.WriteAsync(orders.Bucket, key, _program.Archive, WriteCondition.IfMissing, cancellationToken).ConfigureAwait(false);
            }

            return true;
        }
        catch (RunctlException)
        {
            // It travels over SSM then.
            return false;
        }
    }

    private async Task<GuardAnswer> DeliverAndRunAsync(string instanceId, GuardCommand command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var parcel = new ChunkedFile(_program.Path, _program.Archive, gzip: true);
        var script = command.DeliveringScript(_program, parcel);
        if (!parcel.FitsOneCommand || script.Length > 60_000)
        {
            await DeliverAsync(instanceId, parcel, cancellationToken).ConfigureAwait(false);
            script = command.Script(_program);
        }

        return await RunAsync(instanceId, command, script, timeout, cancellationToken).ConfigureAwait(false);
    }

    private async Task RunDeliveryAsync(string instanceId, string script, CancellationToken cancellationToken)
    {
        var outcome = await _runner.RunAsync(instanceId, script, ShortCall, "runctl deliver", cancellationToken).ConfigureAwait(false);
        if (outcome.ExitCode != 0)
        {
            GuardAnswer.Read(outcome).Require();
        }
    }

    private async Task<GuardAnswer> RunAsync(string instanceId, GuardCommand command, string script, TimeSpan timeout, CancellationToken cancellationToken) =>
        GuardAnswer.Read(await _runner.RunAsync(instanceId, script, timeout, "runctl " + command.Arguments[0], cancellationToken, command.IsUrgent).ConfigureAwait(false));
}
