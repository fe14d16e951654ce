namespace Runctl.Setup;

/// <summary>One thing a training needs, and whether it is there.</summary>
/// <param name="Name">Short stable name, for example <c>BucketWrite</c>.</param>
/// <param name="Passed">Whether it is as it should be; null where that could not be found out.</param>
/// <param name="Seen">What was seen, or why nothing was.</param>
/// <param name="Remedy">What to do, or null where nothing is to be done.</param>
/// <param name="InstanceId">The instance it is about, or null for what is here.</param>
public sealed record RunctlSetupCheck(string Name, bool? Passed, string Seen, string? Remedy = null, string? InstanceId = null);
