using Runctl.Configuration;
using Runctl.Instances;
using Runctl.Json;

namespace Runctl.Core.Tests.Instances;

public sealed class LaunchRequestTests
{
    [Fact]
    public void A_type_is_written_in_small_letters_wherever_it_comes_from()
    {
        Assert.Equal(["g5.xlarge"], LaunchRequest.Of(new RunctlConfiguration { DefaultInstanceType = "G5.XLarge" }).InstanceTypes);
        Assert.Equal(["g5.xlarge", "c7i.large"], new LaunchRequest { InstanceTypes = ["G5.xlarge", "C7I.LARGE"] }.InstanceTypes);
        Assert.Equal(["p5.48xlarge"], (new LaunchRequest { InstanceTypes = [] } with { InstanceTypes = ["P5.48xlarge"] }).InstanceTypes);
        Assert.Equal(["g5.xlarge"], RunctlJson.Read<LaunchRequest>("""{"instance_types":["G5.XLARGE"]}"""u8.ToArray()).InstanceTypes);
    }

    [Fact]
    public void Settings_without_a_type_name_none() => Assert.Empty(LaunchRequest.Of(new RunctlConfiguration()).InstanceTypes);
}
