namespace Runctl.Instances;

/// <summary>The tags Runctl puts on what it launches, and by which it knows its own.</summary>
public static class RunctlTags
{
    /// <summary>What all of them begin with.</summary>
    internal const string Prefix = "runctl:";

    /// <summary>Marks everything Runctl launched; the value is the version of the tags' meaning.</summary>
    public const string Managed = "runctl:managed";

    /// <summary>The launch it came from.</summary>
    public const string LaunchId = "runctl:launch";

    /// <summary>The run that is on the instance, set when training starts.</summary>
    public const string RunId = "runctl:run";

    /// <summary>Name of the project.</summary>
    public const string Project = "runctl:project";

    /// <summary>Price in US dollars an hour when it was launched.</summary>
    public const string Price = "runctl:price";

    /// <summary>stop or hibernate, on instances of a persistent spot request.</summary>
    public const string Interruption = "runctl:interruption";
}
