using Amazon.EC2.Model;
using static Runctl.Sandbox.Tests.Ec2.Ec2Server;

namespace Runctl.Sandbox.Tests.Ec2;

public sealed class TagTests : IAsyncLifetime
{
    private readonly Ec2Server _server = new();

    [Fact]
    public async Task Tags_are_added_changed_and_removed()
    {
        var id = await _server.RunAsync();
        await TagAsync(id, new("a", "1"), new("b", ""));
        await TagAsync(id, new Tag("a", "2"));
        var tagged = await TagsAsync(id);
        await _server.Client.DeleteTagsAsync(new() { Resources = [id], Tags = [new("a", "1"), new() { Key = "b" }] }, Ct);

        Assert.Equal(["a=2", "b="], tagged);
        Assert.Equal(["a=2"], await TagsAsync(id));
    }

    [Fact]
    public async Task A_spot_request_can_be_tagged_and_is_found_by_its_tag()
    {
        var id = await _server.RunSpotAsync();
        var request = await _server.SpotRequestAsync(id);
        await TagAsync(request.SpotInstanceRequestId, new Tag("runctl:run", "r1"));

        var found = await _server.Client.DescribeSpotInstanceRequestsAsync(new() { Filters = [new("tag:runctl:run", ["r1"])] }, Ct);
        var tags = await _server.Client.DescribeTagsAsync(new() { Filters = [new("resource-type", ["spot-instances-request"])] }, Ct);

        Assert.Equal(id, found.SpotInstanceRequests.Single().InstanceId);
        Assert.Equal(request.SpotInstanceRequestId, tags.Tags.Single().ResourceId);
    }

    [Fact]
    public async Task One_unknown_resource_keeps_all_of_them_as_they_are()
    {
        var id = await _server.RunAsync();

        Assert.Equal("InvalidInstanceID.NotFound", await Ec2Refusal.CodeAsync(
            _server.Client.CreateTagsAsync(new CreateTagsRequest([id, "i-00000000000000000"], [new("a", "1")]), Ct)));
        Assert.Empty(await TagsAsync(id));
    }

    [Fact]
    public async Task The_prefix_of_AWS_is_reserved_and_50_is_the_limit()
    {
        var id = await _server.RunAsync();

        Assert.Equal("InvalidParameterValue", await Ec2Refusal.CodeAsync(TagAsync(id, new Tag("aws:name", "1"))));
        Assert.Equal("TagLimitExceeded", await Ec2Refusal.CodeAsync(TagAsync(id, [.. Enumerable.Range(0, 51).Select(i => new Tag($"t{i}", ""))])));
    }

    [Fact]
    public async Task Values_survive_the_wire_whatever_they_hold()
    {
        var id = await _server.RunAsync();
        const string value = "<&\"' é 東京  + %20";
        await TagAsync(id, new Tag("odd", value));

        Assert.Equal([$"odd={value}"], await TagsAsync(id));
        Assert.Equal("InvalidParameterValue", await Ec2Refusal.CodeAsync(TagAsync(id, new Tag("odd", "\u0001"))));
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private Task<CreateTagsResponse> TagAsync(string id, params Tag[] tags) => _server.Client.CreateTagsAsync(new CreateTagsRequest([id], [.. tags]), Ct);

    private async Task<IEnumerable<string>> TagsAsync(string id) =>
        ((await _server.Client.DescribeTagsAsync(new() { Filters = [new("resource-id", [id])] }, Ct)).Tags ?? []).Select(tag => $"{tag.Key}={tag.Value}");
}
