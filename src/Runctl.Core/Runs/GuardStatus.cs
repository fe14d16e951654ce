using Runctl.Events;

namespace Runctl.Runs;

/// <summary>The guard's answer to <c>status</c>.</summary>
internal sealed record GuardStatus
{
    public string? InstanceId { get; init; }

    public GuardHealth? Guard { get; init; }

    /// <summary>The notice that stands, or null.</summary>
    public GuardNotice? Notice { get; init; }

    public IReadOnlyList<RunState>? Runs { get; init; }

    public IReadOnlyList<RunctlEvent>? Events { get; init; }
}
