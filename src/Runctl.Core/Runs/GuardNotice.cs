namespace Runctl.Runs;

/// <summary>An interruption notice as the instance sees it, whether its guard lives or not.</summary>
/// <param name="Action">terminate, stop or hibernate.</param>
/// <param name="Time">When EC2 takes the instance, UTC, as it wrote it.</param>
/// <param name="Drill">Whether it is a rehearsal.</param>
internal sealed record GuardNotice(string? Action, string Time, bool Drill);
