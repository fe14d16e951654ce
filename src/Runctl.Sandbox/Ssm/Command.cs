namespace Runctl.Sandbox.Ssm;

/// <summary>A command as it was sent.</summary>
internal sealed record Command
{
    public required string CommandId { get; init; }

    public required string Comment { get; init; }

    /// <summary>The lines of the script.</summary>
    public required IReadOnlyList<string> Lines { get; init; }

    /// <summary>Null for the command's own directory.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>How long it may wait for its delivery.</summary>
    public required TimeSpan DeliveryTimeout { get; init; }

    /// <summary>How long it may run.</summary>
    public required TimeSpan ExecutionTimeout { get; init; }

    public required DateTimeOffset Sent { get; init; }

    public required IReadOnlyList<Invocation> Invocations { get; init; }
}
