using System.Text;
using Amazon.EC2;
using Amazon.EC2.Model;
using static Runctl.Sandbox.Tests.Ec2.Ec2Server;

namespace Runctl.Sandbox.Tests.Ec2;

public sealed class LaunchTemplateTests : IAsyncLifetime
{
    private readonly Ec2Server _server = new();

    [Fact]
    public async Task A_template_is_found_by_name_by_id_and_by_tag_until_it_is_deleted()
    {
        var created = (await _server.Client.CreateLaunchTemplateAsync(new CreateLaunchTemplateRequest
        {
            LaunchTemplateName = "runctl-one",
            LaunchTemplateData = new() { ImageId = Ubuntu },
            TagSpecifications = [new() { ResourceType = ResourceType.LaunchTemplate, Tags = [new("runctl:launch", "l1")] }],
        }, Ct)).LaunchTemplate;
        await _server.CreateTemplateAsync("runctl-two");

        Assert.Equal("runctl-one", created.LaunchTemplateName);
        Assert.Equal([created.LaunchTemplateId], await FindAsync(new() { LaunchTemplateNames = ["runctl-one"] }));
        Assert.Equal([created.LaunchTemplateId], await FindAsync(new() { LaunchTemplateIds = [created.LaunchTemplateId] }));
        Assert.Equal([created.LaunchTemplateId], await FindAsync(new() { Filters = [new("tag:runctl:launch", ["l1"])] }));

        await _server.Client.DeleteLaunchTemplateAsync(new() { LaunchTemplateName = "runctl-one" }, Ct);

        Assert.Empty(await FindAsync(new() { Filters = [new("tag-key", ["runctl:launch"])] }));
        Assert.Equal("InvalidLaunchTemplateName.NotFoundException",
            await Ec2Refusal.CodeAsync(_server.Client.DeleteLaunchTemplateAsync(new() { LaunchTemplateName = "runctl-one" }, Ct)));
        Assert.Equal("InvalidLaunchTemplateId.NotFound",
            await Ec2Refusal.CodeAsync(_server.Client.DeleteLaunchTemplateAsync(new() { LaunchTemplateId = created.LaunchTemplateId }, Ct)));
    }

    [Fact]
    public async Task Templates_are_paged()
    {
        foreach (var i in Enumerable.Range(1, 5))
        {
            await _server.CreateTemplateAsync($"runctl-{i}");
        }

        var pages = await _server.Client.Paginators.DescribeLaunchTemplates(new() { MaxResults = 2 }).Responses.ToListAsync(Ct);

        Assert.Equal([2, 2, 1], pages.Select(page => page.LaunchTemplates.Count));
    }

    [Fact]
    public async Task A_name_is_taken_but_the_same_token_gets_the_same_template()
    {
        var request = new CreateLaunchTemplateRequest
        {
            LaunchTemplateName = "runctl-one", ClientToken = "token", LaunchTemplateData = new() { ImageId = Ubuntu },
        };
        var first = await _server.Client.CreateLaunchTemplateAsync(request, Ct);
        var again = await _server.Client.CreateLaunchTemplateAsync(request, Ct);
        request.LaunchTemplateData.ImageId = UbuntuArm;

        Assert.Equal(first.LaunchTemplate.LaunchTemplateId, again.LaunchTemplate.LaunchTemplateId);
        Assert.Equal("IdempotentParameterMismatch", await Ec2Refusal.CodeAsync(_server.Client.CreateLaunchTemplateAsync(request, Ct)));
        Assert.Equal("InvalidLaunchTemplateName.AlreadyExistsException", await Ec2Refusal.CodeAsync(_server.CreateTemplateAsync("runctl-one")));
    }

    [Fact]
    public async Task What_the_template_says_reaches_the_instance()
    {
        await _server.CreateTemplateAsync(change: data =>
        {
            data.UserData = Convert.ToBase64String(Encoding.UTF8.GetBytes("#!/bin/sh\n"));
            data.MetadataOptions = new()
            {
                HttpTokens = LaunchTemplateHttpTokensState.Required, HttpPutResponseHopLimit = 2,
            };
            data.InstanceInitiatedShutdownBehavior = ShutdownBehavior.Terminate;
            data.BlockDeviceMappings = [new() { DeviceName = "/dev/sda1", Ebs = new() { VolumeSize = 50 } }];
            data.TagSpecifications.Add(new() { ResourceType = ResourceType.Volume, Tags = [new("part", "volume")] });
            data.TagSpecifications.Add(new() { ResourceType = ResourceType.NetworkInterface, Tags = [new("part", "interface")] });
            data.TagSpecifications.Add(new() { ResourceType = ResourceType.SpotInstancesRequest, Tags = [new("part", "request")] });
        });

        var id = (await _server.CreateFleetAsync(["g5.xlarge"])).Instances.Single().InstanceIds.Single();
        var instance = await _server.UntilAsync(id, "running");
        var record = _server.Registry.Get(id);

        Assert.Equal("#!/bin/sh\n", Encoding.UTF8.GetString(record.UserData!));
        Assert.True(record.Order.ShutdownTerminates);
        Assert.Equal((HttpTokensState.Required, 2), (instance.MetadataOptions.HttpTokens, instance.MetadataOptions.HttpPutResponseHopLimit));
        Assert.EndsWith("instance-profile/RunctlSandbox", instance.IamInstanceProfile.Arn, StringComparison.Ordinal);
        var tags = (await _server.Client.DescribeTagsAsync(new() { Filters = [new("key", ["part"])] }, Ct)).Tags;
        Assert.Equal(
            [
                ("network-interface", instance.NetworkInterfaces.Single().NetworkInterfaceId, "interface"),
                ("spot-instances-request", instance.SpotInstanceRequestId, "request"),
                ("volume", instance.BlockDeviceMappings.Single().Ebs.VolumeId, "volume"),
            ],
            tags.Select(tag => (tag.ResourceType.Value, tag.ResourceId, tag.Value)).Order());
        var volume = (await _server.Client.DescribeVolumesAsync(new() { Filters = [new("attachment.instance-id", [id])] }, Ct)).Volumes.Single();
        Assert.Equal((instance.BlockDeviceMappings.Single().Ebs.VolumeId, 50, "volume"), (volume.VolumeId, volume.Size, volume.Tags.Single().Value));
        Assert.Equal("InvalidVolume.NotFound", await Ec2Refusal.CodeAsync(_server.Client.DescribeVolumesAsync(new() { VolumeIds = ["vol-00000000000000000"] }, Ct)));
    }

    [Fact]
    public async Task Malformed_user_data_is_refused() => Assert.Equal("InvalidUserData.Malformed",
        await Ec2Refusal.CodeAsync(_server.CreateTemplateAsync(change: data => data.UserData = "not base64!")));

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task<IEnumerable<string>> FindAsync(DescribeLaunchTemplatesRequest request) =>
        ((await _server.Client.DescribeLaunchTemplatesAsync(request, Ct)).LaunchTemplates ?? []).Select(template => template.LaunchTemplateId);
}
