using System.Globalization;
using Runctl.Guarding;
using Runctl.Ports;
using Runctl.Training;

namespace Runctl.Logs;

/// <summary>A log over SSM, compressed: one command at a time, each with as much as fits its output.</summary>
/// <param name="cloud">The connection.</param>
/// <param name="training">The run and its instance.</param>
/// <param name="attempt">The attempt that is meant; null for all there were on the instance.</param>
/// <param name="time">The clock.</param>
/// <param name="follow">How long the guard is to bring the log to S3 every two seconds after each call; null to leave its pace as it is.</param>
internal sealed class GuardLog(ICloud cloud, RunctlTraining training, int? attempt, TimeProvider time, TimeSpan? follow = null) : ILogSource
{
    /// <summary>Of the 24,000 characters SSM returns.</summary>
    private const string MostBytes = "22000";

    private readonly GuardClient _guard = new(cloud, time);
    private LogChunk? _first;

    /// <inheritdoc/>
    public async Task<(long Offset, int Lines)> BeginAsync(int? tail, DateTimeOffset? since, CancellationToken cancellationToken)
    {
        if (tail is null && since is null)
        {
            return (0, 0);
        }

        _first = await CallAsync(0, tail, since, cancellationToken).ConfigureAwait(false);
        return (_first.Offset, tail ?? 0);
    }

    /// <inheritdoc/>
    public async Task<LogChunk> ReadAsync(long offset, CancellationToken cancellationToken)
    {
        // The answer that said where to begin brought the beginning along.
        var first = Interlocked.Exchange(ref _first, null);
        return first?.Offset == offset ? first : await CallAsync(offset, null, null, cancellationToken).ConfigureAwait(false);
    }

    private async Task<LogChunk> CallAsync(long offset, int? tail, DateTimeOffset? since, CancellationToken cancellationToken)
    {
        List<string> arguments = ["log", "--run", training.RunId, "--offset", Text(offset), "--max-bytes", MostBytes];
        if (attempt is { } number)
        {
            arguments.AddRange(["--attempt", Text(number)]);
        }

        if (tail is { } lines)
        {
            arguments.AddRange(["--tail", Text(lines)]);
        }

        if (since is { } moment)
        {
            arguments.AddRange(["--since", (moment.ToUnixTimeMilliseconds() / 1000.0).ToString("0.000", CultureInfo.InvariantCulture)]);
        }

        if (follow is { } length)
        {
            arguments.AddRange(["--follow", Text((long)length.TotalSeconds)]);
        }

        var answer = await _guard.CallAsync<LogAnswer>(training.InstanceId, arguments, null, GuardClient.ShortCall, cancellationToken).ConfigureAwait(false);
        var data = Packed.Unpack(Convert.FromBase64String(answer.Data ?? ""));
        return new LogChunk(answer.Offset, data, answer.Size, data.Length == 0 || answer.Offset + data.Length >= answer.Size, answer.Ended);
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private sealed record LogAnswer(long Offset, long Size, bool Ended, string? Data);
}
