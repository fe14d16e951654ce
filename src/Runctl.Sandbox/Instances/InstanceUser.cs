namespace Runctl.Sandbox.Instances;

/// <summary>The login user of an instance.</summary>
/// <param name="Name">As the image names it.</param>
/// <param name="UserId">Its user id on the host, which knows no name for it.</param>
/// <param name="GroupId">Its group id on the host.</param>
internal sealed record InstanceUser(string Name, int UserId, int GroupId)
{
    /// <summary>What Ubuntu's images call it.</summary>
    public const string DefaultName = "ubuntu";

    /// <summary>The home directory, seen from the instance's root.</summary>
    public string Home => $"/home/{Name}";
}
