using System.Management.Automation;
using Runctl.PowerShell.Views;
using Runctl.Progress;

namespace Runctl.PowerShell.Engine;

/// <summary>Shows progress on work that takes longer than two seconds, at most five times a second, and takes it away at the end.</summary>
internal sealed class ProgressReporter(Action<ProgressRecord> write, Action<Action> post) : IProgress<ProgressUpdate>, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private static int _lastId;

    private readonly object _gate = new();
    private readonly int _id = Interlocked.Increment(ref _lastId);
    private ITimer? _timer;
    private ProgressUpdate? _latest;
    private ProgressUpdate? _shown;

    /// <inheritdoc/>
    public void Report(ProgressUpdate value)
    {
        if (value.IsOver)
        {
            Dispose();
            post(Complete);
            return;
        }

        lock (_gate)
        {
            _latest = value;
            _timer ??= TimeProvider.System.CreateTimer(_ => post(Show), null, Patience, Interval);
        }
    }

    /// <summary>Takes the progress away, as nothing is left to show. Called on the engine's thread.</summary>
    public void Complete()
    {
        Dispose();
        TakeAway();
    }

    /// <summary>Takes the progress away until the next report. The work that takes long goes on, so the two seconds do not begin again. Called on the engine's thread.</summary>
    public void Hide()
    {
        lock (_gate)
        {
            _latest = null;
        }

        TakeAway();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _timer?.Dispose();
            _timer = null;
            _latest = null;
        }
    }

    private void TakeAway()
    {
        if (_shown is { } shown)
        {
            _shown = null;
            write(new ProgressRecord(_id, NotEmpty(ViewText.WithTails(shown.Activity)), NotEmpty(shown.Status)) { RecordType = ProgressRecordType.Completed });
        }
    }

    private void Show()
    {
        ProgressUpdate? latest;
        lock (_gate)
        {
            latest = _latest;
        }

        if (latest is null || latest == _shown)
        {
            return;
        }

        _shown = latest;
        write(new ProgressRecord(_id, NotEmpty(ViewText.WithTails(latest.Activity)), NotEmpty(latest.Status)) { PercentComplete = latest.PercentComplete ?? -1 });
    }

    // The record refuses empty texts.
    private static string NotEmpty(string text) => text.Length > 0 ? text : " ";
}
