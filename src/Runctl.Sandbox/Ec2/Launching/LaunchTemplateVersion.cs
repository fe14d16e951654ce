namespace Runctl.Sandbox.Ec2.Launching;

/// <summary>Versions of launch templates: there is the first.</summary>
internal static class LaunchTemplateVersion
{
    /// <exception cref="Ec2Exception">The version does not exist.</exception>
    public static void Check(LaunchTemplate template, string version)
    {
        if (version is not ("1" or "$Latest" or "$Default"))
        {
            throw new Ec2Exception("InvalidLaunchTemplateId.VersionNotFound",
                $"Could not find the specified version {version} for the launch template with ID {template.Id}.");
        }
    }
}
