namespace Runctl.Resuming;

/// <summary>How far the attempts before have let go of a run.</summary>
internal enum RunStanding
{
    /// <summary>Nothing of it runs anywhere, nor ever will without a new claim.</summary>
    Passed,

    /// <summary>It is being interrupted, its instance shuts down, or its last checkpoint is on its way to S3: it will pass on soon.</summary>
    Ending,

    /// <summary>A session has claimed it and not started it; whether it still will cannot be known.</summary>
    Claimed,

    /// <summary>It runs.</summary>
    Alive,
}
