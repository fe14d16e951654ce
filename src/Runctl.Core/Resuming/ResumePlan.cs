using Runctl.Checkpoints;
using Runctl.Code;
using Runctl.Instances;
using Runctl.Runs;

namespace Runctl.Resuming;

/// <summary>A resume that was checked but not begun: what -WhatIf names.</summary>
/// <param name="Request">What was asked for.</param>
/// <param name="Attempt">The attempt it will be, from 2.</param>
/// <param name="Launch">What will be launched; null if the run goes on on an instance that is there.</param>
/// <param name="Checkpoint">The newest good checkpoint as it stands now; it is chosen when the run has passed on. Null where there is none yet.</param>
/// <param name="Description">Script, run, checkpoint and replacement in a line, for people.</param>
/// <param name="Warnings">What the user should know before.</param>
public sealed record ResumePlan(ResumeRequest Request, int Attempt, LaunchPlan? Launch, CheckpointReference? Checkpoint, string Description, IReadOnlyList<string> Warnings)
{
    /// <summary>Whether the run was started to resume by itself.</summary>
    public bool AutoResume => Spec.Policy.AutoResume;

    /// <summary>What keeps the run's orders or records from being trusted, for people; a part of the warnings.</summary>
    internal IReadOnlyList<string> Doubts { get; init; } = [];

    /// <summary>The instance that EC2 has stopped and that is waited for, or null.</summary>
    public string? WaitsFor { get; init; }

    /// <summary>The instance that runs and that the run goes on on; null if it is launched or waited for.</summary>
    public string? LivesOn { get; init; }

    /// <summary>What becomes of the run if EC2 stops its next instance.</summary>
    public RunctlStoppedInstance StoppedInstance { get; init; }

    /// <summary>The files that will travel in place of the run's own code; null where that is used.</summary>
    internal ProjectListing? Code { get; init; }

    /// <summary>How many attempts began after the first.</summary>
    internal int Resumes => Record.Resumes;

    /// <summary>What the new attempt needs, without the attempt itself.</summary>
    internal RunSpec Spec { get; init; } = null!;

    /// <summary>The store of the run.</summary>
    internal RunStore Store { get; init; } = null!;

    /// <summary>The newest attempt that was seen: the claim goes through only while it is.</summary>
    internal int Seen => Record.Newest()?.Number ?? 0;

    /// <summary>How that one stood.</summary>
    internal string? SeenState => Record.Newest()?.State;

    /// <summary>What EC2 does with the old instance when it takes it; null where that is not known.</summary>
    internal string? InterruptionBehavior { get; init; }

    /// <summary>The record that was seen.</summary>
    internal RunRecord Record { get; init; } = null!;

    /// <summary>What remains of the old instance and costs money, for people; null where nothing does.</summary>
    internal string? Remains { get; init; }

    /// <summary>Whether that one's instance is gone, so that a claim it may be cannot be carried through.</summary>
    internal bool SeenIsLost { get; init; }

    /// <summary>The run's instance of the newest attempt that was started there, or at least had one; null where none had.</summary>
    internal string? LastInstanceId { get; init; }

    /// <summary>The number of that attempt.</summary>
    internal int? LastAttempt { get; init; }
}
