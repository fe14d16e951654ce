using Runctl.Training;

namespace Runctl.Resuming;

/// <summary>What a try to resume a run comes to before anything is changed.</summary>
internal abstract record ResumeAttempt
{
    private ResumeAttempt()
    {
    }

    /// <summary>The run can be resumed.</summary>
    /// <param name="Plan">How.</param>
    public sealed record Planned(ResumePlan Plan) : ResumeAttempt;

    /// <summary>The run trains in an attempt that was started from here: the start worked, and only its answer was lost.</summary>
    /// <param name="Training">The run.</param>
    public sealed record AlreadyRunning(RunctlTraining Training) : ResumeAttempt;
}
