namespace Runctl.Training;

/// <summary>Which runs to find; what is null does not narrow.</summary>
public sealed record TrainingQuery
{
    /// <summary>The ids of runs, or null.</summary>
    public IReadOnlyCollection<string>? RunIds { get; init; }

    /// <summary>Instances that an attempt of the run was on, or null. It does not go together with <see cref="RunIds"/>.</summary>
    public IReadOnlyCollection<string>? InstanceIds { get; init; }

    /// <summary>Whether something is done with what is found: it is read from its record then, not from the index.</summary>
    public bool ToAct { get; init; }
}
