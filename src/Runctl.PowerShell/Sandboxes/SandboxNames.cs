namespace Runctl.PowerShell.Sandboxes;

/// <summary>Names that every sandbox knows, so that what the documentation shows for AWS runs there as it is written. Any other name is unknown, as on AWS.</summary>
internal static class SandboxNames
{
    /// <summary>The bucket of the documentation.</summary>
    public const string DocumentedBucket = "my-checkpoint-bucket";

    /// <summary>The instance profile of the documentation.</summary>
    public const string DocumentedInstanceProfile = "MySSMProfile";
}
