namespace Runctl.Resuming;

/// <summary>What was done about the interruption of an attempt.</summary>
internal enum ResumeStage
{
    /// <summary>A resume is under way.</summary>
    Begun,

    /// <summary>The run goes on elsewhere.</summary>
    Done,

    /// <summary>It is not resumed from here.</summary>
    Declined,
}
