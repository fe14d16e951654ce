using Runctl.Sandbox.Imds;

namespace Runctl.Sandbox.Tests.Imds;

public sealed class PartitionTests
{
    [Theory]
    [InlineData("us-east-1", "aws", "amazonaws.com")]
    [InlineData("us-gov-west-1", "aws-us-gov", "amazonaws.com")]
    [InlineData("cn-north-1", "aws-cn", "amazonaws.com.cn")]
    [InlineData("eusc-de-east-1", "aws-eusc", "amazonaws.eu")]
    [InlineData("us-iso-east-1", "aws-iso", "c2s.ic.gov")]
    [InlineData("us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov")]
    public void The_metadata_of_a_region_tell_its_partition_and_domain(string region, string name, string domain)
    {
        var partition = Partition.Of(region);
        Assert.Equal((name, domain), (partition.Name, partition.Domain));
    }
}
