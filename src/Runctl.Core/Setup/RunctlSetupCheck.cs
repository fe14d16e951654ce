namespace Runctl.Setup;

/// <summary>One thing a training needs, and whether it is there.</summary>
/// <param name="name">Short stable name, for example <c>BucketWrite</c>.</param>
/// <param name="passed">Whether it is as it should be; null if that could not be found out.</param>
/// <param name="seen">The state that was seen, or why none was.</param>
/// <param name="remedy">The step that repairs it, or null if none is needed.</param>
/// <param name="instanceId">The instance it is about, or null for this machine.</param>
public sealed class RunctlSetupCheck(string name, bool? passed, string seen, string? remedy = null, string? instanceId = null)
{
    /// <summary>Short stable name, for example <c>BucketWrite</c>.</summary>
    public string Name { get; } = name;

    /// <summary>Whether it is as it should be; null if that could not be found out.</summary>
    public bool? Passed { get; } = passed;

    /// <summary>The state that was seen, or why none was.</summary>
    public string Seen { get; } = seen;

    /// <summary>The step that repairs it, or null if none is needed.</summary>
    public string? Remedy { get; internal set; } = remedy;

    /// <summary>The instance it is about, or null for this machine.</summary>
    public string? InstanceId { get; } = instanceId;

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    /// <summary>A copy that is changed.</summary>
    internal RunctlSetupCheck With(Action<RunctlSetupCheck> change)
    {
        var copy = (RunctlSetupCheck)MemberwiseClone();
        change(copy);
        return copy;
    }
}
