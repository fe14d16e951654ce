namespace Runctl.Sandbox.Ec2;

/// <summary>A default subnet: one per zone.</summary>
/// <param name="SubnetId">Its id.</param>
/// <param name="Zone">E.g. <c>us-east-1a</c>.</param>
/// <param name="ZoneId">E.g. <c>use1-az1</c>.</param>
/// <param name="ThirdOctet">Where its /20 begins in 172.31.0.0/16.</param>
internal sealed record Subnet(string SubnetId, string Zone, string ZoneId, int ThirdOctet)
{
    public string Cidr => $"172.31.{ThirdOctet}.0/20";
}
