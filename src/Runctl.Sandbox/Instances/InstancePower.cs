using System.Collections.Concurrent;
using Runctl.Sandbox.Ec2;
using Runctl.Sandbox.Imds;

namespace Runctl.Sandbox.Instances;

/// <summary>Makes instances real: a machine and a metadata service each.</summary>
/// <param name="directory">Where the instances' root directories are made.</param>
/// <param name="spaces">Where their processes live.</param>
/// <param name="users">Who logs in to them.</param>
/// <param name="imds">What their metadata services share.</param>
/// <param name="endpoint">Where they find EC2, SSM, S3 and STS.</param>
/// <param name="searchPath">The PATH of their processes.</param>
/// <param name="shutDown">Told the id of an instance that shut itself down.</param>
internal sealed class InstancePower(
    string directory, ProcessSpaces spaces, InstanceUsers users, ImdsContext imds, Func<Uri> endpoint, string searchPath, Action<string> shutDown)
    : IInstancePower
{
    private readonly ConcurrentDictionary<string, Machine> _machines = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ImdsServer> _metadata = new(StringComparer.Ordinal);

    /// <summary>The machine of an instance, or null where it has none (any more).</summary>
    public Machine? Find(string instanceId) => _machines.GetValueOrDefault(instanceId);

    /// <inheritdoc/>
    public async Task PowerOnAsync(InstanceRecord record, CancellationToken ct)
    {
        if (!_machines.TryGetValue(record.InstanceId, out var machine))
        {
            machine = new Machine(spaces, Path.Combine(directory, record.InstanceId), users.Next());
            _machines[record.InstanceId] = machine;
            machine.Format(record.InstanceId, record.PrivateDnsName);
        }

        var metadata = ImdsServer.Start(record, imds);
        _metadata[record.InstanceId] = metadata;
        await machine.PowerOnAsync(Environment(machine.Root, metadata.Endpoint), ct).ConfigureAwait(false);
        machine.FinishBoot();
        _ = WatchAsync(record, machine.Processes!.Ended);
    }

    /// <inheritdoc/>
    public async Task PowerOffAsync(InstanceRecord record)
    {
        if (_metadata.TryRemove(record.InstanceId, out var metadata))
        {
            await metadata.DisposeAsync().ConfigureAwait(false);
        }

        if (record.State == InstanceState.Stopping)
        {
            await (Find(record.InstanceId)?.PowerOffAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        }
        else if (_machines.TryRemove(record.InstanceId, out var machine))
        {
            await machine.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>An instance whose first process ends without having been told to was shut down from inside.</summary>
    private async Task WatchAsync(InstanceRecord record, Task ended)
    {
        await ended.ConfigureAwait(false);
        if (record.State == InstanceState.Running)
        {
            shutDown(record.InstanceId);
        }
    }

    private Dictionary<string, string> Environment(string root, Uri metadata) => new(StringComparer.Ordinal)
    {
        ["RUNCTL_ROOT"] = root,
        ["PATH"] = $"{root}/usr/local/bin:{searchPath}",
        ["AWS_REGION"] = imds.Region,
        ["AWS_ENDPOINT_URL"] = Bare(endpoint()),
        ["AWS_ENDPOINT_URL_S3"] = Bare(endpoint()),
        ["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = Bare(metadata),
    };

    private static string Bare(Uri uri) => uri.GetLeftPart(UriPartial.Authority);
}
