using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Instances;

namespace Runctl.Setup;

/// <summary>What is to be checked.</summary>
internal sealed record SetupRequest
{
    /// <summary>The settings in force, without the file where it cannot be read.</summary>
    public required RunctlConfiguration Configuration { get; init; }

    /// <summary>Why the configuration file cannot be read, or null.</summary>
    public RunctlException? ConfigurationFailure { get; init; }

    /// <summary>Why the bucket that is set cannot be used, which the settings leave out then, or null.</summary>
    public RunctlException? BucketFailure { get; init; }

    /// <summary>Where the credentials come from, in words.</summary>
    public required string CredentialSource { get; init; }

    /// <summary>The project on this machine.</summary>
    public required string ProjectDirectory { get; init; }

    /// <summary>Absolute path of the training script, or null where none was named.</summary>
    public string? ScriptPath { get; init; }

    /// <summary>The launch that is judged, or null if no type is named.</summary>
    public LaunchRequest? Launch { get; init; }
}
