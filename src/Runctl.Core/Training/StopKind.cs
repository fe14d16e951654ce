namespace Runctl.Training;

/// <summary>What is done to stop a run for good.</summary>
internal enum StopKind
{
    /// <summary>Its claim is taken back, so that the resume it is for can start nothing.</summary>
    TakeBack,

    /// <summary>The training of an attempt saves and ends.</summary>
    End,

    /// <summary>The record says that the run is stopped, so that nothing continues it.</summary>
    Mark,

    /// <summary>Nothing is left to do.</summary>
    Done,
}
