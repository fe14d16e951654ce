using System.Globalization;
using System.Runtime.CompilerServices;
using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Setup;

/// <summary>Checks an instance: as EC2 and SSM see it, and by asking the guard program there.</summary>
internal sealed class InstanceChecks(ICloud cloud, SetupRequest request, string instanceId, IEnumerable<string> failedHere, TimeProvider time)
{
    private static readonly TimeSpan CallTime = TimeSpan.FromMinutes(3);

    private readonly CheckList _list = new(instanceId);
    private RunctlInstance? _instance;
    private GuardCheckAnswer? _answer;
    private string _silence = "Not tried: SsmCommand failed.";

    /// <summary>All checks, each as it is made.</summary>
    public async IAsyncEnumerable<RunctlSetupCheck> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _list.Add(failedHere);
        yield return await _list.TryAsync("Instance", ["Region", "Credentials"], async () => Instance(await cloud.GetOneAsync(instanceId, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
        yield return About("SpotInstance", instance => instance.IsSpot ? _list.Pass("SpotInstance", instance.InstanceType)
            : _list.Fail("SpotInstance", $"{instance.InstanceType}, on demand", "Nothing interrupts it, and the guard only mirrors its checkpoints. New-RunctlSpotInstance launches spot instances."));
        yield return About("InstanceProfile", instance => instance.IamInstanceProfile is { } profile ? _list.Pass("InstanceProfile", profile)
            : _list.Fail("InstanceProfile", "none", "Give it one: New-RunctlSpotInstance -IamInstanceProfile, or 'aws ec2 associate-iam-instance-profile' for one that runs. Get-RunctlPolicy -CloudFormation writes a template that makes role and profile."));
        yield return About("MetadataHopLimit", HopLimit);
        yield return await _list.TryAsync("SsmAgent", ["Region", "Credentials", "Instance", "InstanceProfile"], async () => Agent(await cloud.FindManagedAsync(instanceId, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
        var command = await _list.TryAsync("SsmCommand", ["Region", "Credentials", "Instance", "InstanceProfile", "SsmAgent"], () => AskAsync(cancellationToken), refusalFails: true).ConfigureAwait(false);
        yield return command;
        _silence = command.Passed is null ? "Not tried: " + command.Seen : _silence;
        foreach (var check in new InstanceAnswer(_list, request, _answer, _silence).Judge())
        {
            yield return check;
        }
    }

    private RunctlSetupCheck Instance(RunctlInstance instance)
    {
        _instance = instance;
        return instance.State == Ec2States.Running ? _list.Pass("Instance", $"running in {instance.AvailabilityZone}")
            : _list.Fail("Instance", instance.State + (instance.StateReason is { } reason ? $" ({reason})" : ""), instance.State is Ec2States.Stopped or Ec2States.Stopping ? "Start it." : "Launch another one with New-RunctlSpotInstance.");
    }

    private RunctlSetupCheck About(string name, Func<RunctlInstance, RunctlSetupCheck> judge) => _instance is { } known ? judge(known) : _list.Unknown(name, "Not tried: the instance is not known.");

    private RunctlSetupCheck HopLimit(RunctlInstance instance) => instance switch
    {
        { IsMetadataEnabled: false } => _list.Fail("MetadataHopLimit", "The metadata service is turned off: no notice can be seen, and there are no credentials.",
            $"aws ec2 modify-instance-metadata-options --instance-id {instanceId} --http-endpoint enabled --http-put-response-hop-limit 2"),
        { MetadataHopLimit: null } => _list.Unknown("MetadataHopLimit", "EC2 does not say."),
        { MetadataHopLimit: 1 } => _list.Fail("MetadataHopLimit", "1: a training in a container has no credentials (the guard and other trainings have)",
            $"aws ec2 modify-instance-metadata-options --instance-id {instanceId} --http-put-response-hop-limit 2"),
        { MetadataHopLimit: { } hops } => _list.Pass("MetadataHopLimit", hops.ToString(CultureInfo.InvariantCulture)),
    };

    private RunctlSetupCheck Agent(ManagedInstance? managed) => managed switch
    {
        { IsOnline: true } => _list.Pass("SsmAgent", $"online{(managed.AgentVersion is { } version ? ", version " + version : "")}"),
        null => _list.Fail("SsmAgent", "SSM does not know the instance", "Check that the agent runs, that the role lets it register, and that the subnet has a way to SSM (internet gateway, NAT or VPC endpoints). A new instance takes a minute or two. " + RunctlErrors.RolePolicyAction),
        _ => _list.Fail("SsmAgent", "SSM knows the agent and does not reach it", "Check that the instance and its agent run, and its way to SSM (internet gateway, NAT or VPC endpoints)."),
    };

    private async Task<RunctlSetupCheck> AskAsync(CancellationToken cancellationToken)
    {
        var store = StoreReference.Of(request.Configuration);
        var probe = store is null ? null : new StorageProbe(cloud.Objects, store);
        var keys = probe?.NewKeys(instanceId) ?? [];
        var wanted = new GuardCheckRequest(store, keys, cloud.Region, request.Configuration.User, RunNaming.ProjectName(request.Configuration.ProjectName, request.ProjectDirectory), Runs.CheckpointSettings.Of(request.Configuration));
        // The role may write and not delete; whoever asks may delete for it.
        IReadOnlyList<string> remaining = keys;
        try
        {
            var answer = await new GuardClient(cloud, time, store is null ? null : new Runs.RunStore(cloud.Objects, store.Bucket, store.RunPrefix, time)).CallAsync<GuardCheckAnswer>(instanceId, ["check", "--spec", "-"], wanted, CallTime, cancellationToken).ConfigureAwait(false);
            _answer = answer;
            remaining = answer.Storage?.Left ?? [];
        }
        catch (RunctlException e) when (e.Id is ErrorIds.PythonMissing or ErrorIds.PythonTooOld or ErrorIds.SystemdTooOld)
        {
            // The instance cannot run the guard: nothing was sent.
            remaining = [];
            _answer = new GuardCheckAnswer { Refusal = e };
        }
        finally
        {
            remaining = probe is null ? [] : await probe.DeleteAsync(remaining).ConfigureAwait(false);
        }

        _answer = _answer is { Storage: { } storage } ? _answer with { Storage = storage with { Left = remaining } } : _answer;
        return _list.Pass("SsmCommand", "a command ran on the instance");
    }
}
