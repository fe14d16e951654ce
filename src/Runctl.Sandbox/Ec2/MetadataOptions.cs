namespace Runctl.Sandbox.Ec2;

/// <summary>What an instance's metadata service does.</summary>
/// <param name="Tokens">required, as of every image of today, or optional where requests without a token are answered as well.</param>
/// <param name="HopLimit">How far an answer to a token request travels.</param>
/// <param name="Enabled">Whether it answers at all; else 403.</param>
/// <param name="InstanceTags">Whether the instance's tags can be read there.</param>
internal sealed record MetadataOptions(
    string Tokens = "required", int HopLimit = 1, bool Enabled = true, bool InstanceTags = false);
