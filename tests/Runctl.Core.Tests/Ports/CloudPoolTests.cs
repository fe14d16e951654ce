using Runctl.Core.Tests.Fakes;
using Runctl.Ports;

namespace Runctl.Core.Tests.Ports;

public sealed class CloudPoolTests : IDisposable
{
    private readonly CloudPool _pool = new(_ => new FakeCloud());

    public void Dispose() => _pool.Dispose();

    [Fact]
    public void A_region_that_is_left_out_and_the_same_one_by_name_share_a_connection()
    {
        var implied = _pool.Connect(new CloudConnection());
        Assert.Same(implied, _pool.Connect(new CloudConnection { Region = "us-east-1" }));
        Assert.Same(implied, _pool.Connect(new CloudConnection()));
    }

    [Fact]
    public void Other_credentials_are_another_connection() =>
        Assert.NotSame(_pool.Connect(new CloudConnection()), _pool.Connect(new CloudConnection { ProfileName = "other" }));

    [Fact]
    public void After_the_end_a_connection_is_a_new_one()
    {
        var before = _pool.Connect(new CloudConnection());
        _pool.Dispose();
        Assert.NotSame(before, _pool.Connect(new CloudConnection()));
    }
}
