using System.Collections.Concurrent;
using System.Globalization;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>What a session knows of a run now: one for each run and session. Its monitor, its resumer and its cmdlets write it, and all objects of the run read it. Safe on any thread.</summary>
/// <param name="runId">The run.</param>
internal sealed class RunCell(string runId)
{
    private readonly object _gate = new();
    private readonly ConcurrentBag<Func<bool>> _resumers = [];
    private int _attempt;
    private int _over;
    private string _instance = "";

    /// <summary>The run.</summary>
    public string RunId => runId;

    /// <summary>The instance that the run is on now, as far as the session knows; empty if it is on none.</summary>
    public string Instance
    {
        get
        {
            lock (_gate)
            {
                return _instance;
            }
        }
    }

    /// <summary>The newest attempt that the session knows.</summary>
    public int Attempt
    {
        get
        {
            lock (_gate)
            {
                return _attempt;
            }
        }
    }

    /// <summary>Whether the newest attempt that the session knows has finished, has failed or was stopped.</summary>
    public bool IsOver
    {
        get
        {
            lock (_gate)
            {
                return _over > 0 && _over >= _attempt;
            }
        }
    }

    /// <summary>Whether a monitor of the session resumes the run by itself.</summary>
    public bool IsResumed => !IsOver && _resumers.Any(resumes => resumes());

    /// <summary>Takes in where an attempt is, and its state if it is known. An older attempt than the newest one changes nothing.</summary>
    public void See(int attempt, string instanceId, string state = "")
    {
        lock (_gate)
        {
            if (RunStates.IsFinal(state))
            {
                _over = Math.Max(_over, attempt);
            }

            // A claim may have no instance yet: the run is where it was until then.
            if (attempt >= _attempt && instanceId.Length > 0)
            {
                (_attempt, _instance) = (attempt, instanceId);
            }
        }
    }

    /// <summary>Adds a monitor that may resume the run by itself.</summary>
    /// <param name="resumes">Whether it does so now.</param>
    public void Add(Func<bool> resumes) => _resumers.Add(resumes);

    /// <summary>What becomes of the run after the removal of an instance that it was on, for people: it is on another one, or will be. Null if neither.</summary>
    /// <param name="removed">The instance.</param>
    /// <param name="isEnded">Whether the training there was ended for the removal; nothing resumes the run then.</param>
    public string? AfterRemovalOf(string removed, bool isEnded)
    {
        if (Instance is { Length: > 0 } now && now != removed)
        {
            return $"Run {RunId}, which was on {removed}, is on {now} now, which is not removed. Remove-RunctlInstance {RunId} removes it.";
        }

        return IsResumed && !isEnded ? $"Run {RunId} was on {removed}, and this session resumes it on another instance. Stop-RunctlTraining {RunId} -RemoveInstance ends the run and removes that instance." : null;
    }

    /// <summary>Why a run has not ended although its attempt does not train: it was cut off, or it is a claim. Null if the attempt trains, or if the run has ended as far as the session knows.</summary>
    public string? ReasonToContinue(int attempt, string state)
    {
        if (!RunStates.IsCutOff(state) && !(state == RunStates.Claimed && attempt > 1))
        {
            return null;
        }

        lock (_gate)
        {
            if (_attempt > attempt)
            {
                return string.Create(CultureInfo.InvariantCulture, $"attempt {_attempt} continues it on {_instance}");
            }
        }

        return IsResumed ? RunOutlook.ByThisSession : null;
    }
}
