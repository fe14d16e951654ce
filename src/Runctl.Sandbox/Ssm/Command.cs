namespace Runctl.Sandbox.Ssm;

/// <summary>A command as it was sent.</summary>
internal sealed record Command
{
    /// <summary>Its id.</summary>
    public string Id { get; } = Guid.NewGuid().ToString();

    /// <summary>The script, as the lines of the parameter <c>commands</c>.</summary>
    public required IReadOnlyList<string> Lines { get; init; }

    /// <summary>All parameters, as they are shown again.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Parameters { get; init; }

    /// <summary>A remark of the sender's.</summary>
    public required string Comment { get; init; }

    /// <summary>When it was sent.</summary>
    public required DateTimeOffset Requested { get; init; }

    /// <summary>How long it may wait for an instance.</summary>
    public required TimeSpan DeliveryTimeout { get; init; }

    /// <summary>How long it may run.</summary>
    public required TimeSpan ExecutionTimeout { get; init; }

    /// <summary>Where it runs, seen from the instance's root; null is the agent's choice.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>What became of it, instance by instance.</summary>
    public IReadOnlyList<Invocation> Invocations { get; set; } = [];
}
