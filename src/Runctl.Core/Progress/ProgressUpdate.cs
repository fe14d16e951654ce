namespace Runctl.Progress;

/// <summary>One line of progress on long work.</summary>
/// <param name="Activity">What is being done, the same text for one piece of work.</param>
/// <param name="Status">What is happening right now.</param>
/// <param name="PercentComplete">0 to 100, or null where it is not known.</param>
/// <param name="IsOver">Whether there is nothing to show any more, for now.</param>
public sealed record ProgressUpdate(string Activity, string Status, int? PercentComplete = null, bool IsOver = false);
