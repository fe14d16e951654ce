using Runctl.Instances;

namespace Runctl.Errors;

/// <content>Errors of instances, of launching them, and of the guard on them.</content>
internal static partial class RunctlErrors
{
    /// <summary>There is no such instance.</summary>
    public static RunctlException InstanceNotFound(string instanceId, string region) =>
        new(ErrorIds.InstanceNotFound, ErrorKind.NotFound, $"There is no instance {instanceId} in {region}.", instanceId, "Check the id and the region; Get-RunctlInstance lists them.");

    /// <summary>The instance is in the wrong state.</summary>
    public static RunctlException InstanceNotRunning(string instanceId, string state, string? reason) =>
        new(ErrorIds.InstanceNotRunning, ErrorKind.InvalidState, $"Instance {instanceId} is {state}{(reason is null ? "" : $" ({reason})")}.", instanceId,
            state switch
            {
                Ec2States.Pending => "It is still starting: try again in a moment, or launch with -Wait.",
                Ec2States.Stopped or Ec2States.Stopping => $"Start it first: Start-RunctlInstance {instanceId} -Wait.",
                _ => "Launch another one with New-RunctlSpotInstance.",
            });

    /// <summary>The instance died while something was being done on it.</summary>
    public static RunctlException InstanceGone(string instanceId, string? state, string? reason) =>
        new(ErrorIds.InstanceGone, ErrorKind.InvalidState, $"Instance {instanceId} is gone ({state ?? "unknown to EC2"}{(reason is null ? "" : ", " + reason)}).", instanceId, null);

    /// <summary>SSM does not reach the instance.</summary>
    public static RunctlException InstanceNotOnline(string instanceId, string? profile) =>
        new(ErrorIds.InstanceNotOnline, ErrorKind.Connection, $"Instance {instanceId} is not online in SSM.", instanceId,
            profile is null
                ? "It has no instance profile: attach one, or launch with New-RunctlSpotInstance -IamInstanceProfile. " + RolePolicyAction
                : $"Check that the role of its profile {profile} lets the SSM agent register. Check that the agent runs and reaches the SSM endpoints, over a public address or VPC endpoints. {RolePolicyAction}");

    /// <summary>SSM does not reach the instance, and EC2 cannot be asked about it.</summary>
    public static RunctlException InstanceNotOnline(string instanceId) =>
        new(ErrorIds.InstanceNotOnline, ErrorKind.Connection, $"Instance {instanceId} is not online in SSM.", instanceId, "Check that it still runs.");

    /// <summary>Only what Runctl launched is acted on, unless it is named by hand.</summary>
    public static RunctlException InstanceNotManaged(string instanceId) =>
        new("InstanceNotManaged", ErrorKind.PermissionDenied, $"Instance {instanceId} was not launched by Runctl and is left alone.", instanceId,
            "To act on it all the same, type its id instead of piping it in, and confirm; or use -Force.");

    /// <summary>A training would be cut off.</summary>
    public static RunctlException TrainingOnInstance(string instanceId, string runs) =>
        new(ErrorIds.TrainingOnInstance, ErrorKind.InvalidState, $"Training runs on {instanceId} ({runs}); the instance is left alone.", instanceId,
            "Wait for it, or end it with Stop-RunctlTraining. With -Force the training saves first, and the instance stays if that fails.");

    /// <summary>The run would come back on another instance.</summary>
    public static RunctlException RunIsResumed(string runId) =>
        new("RunIsResumed", ErrorKind.InvalidState, $"Run {runId} is resumed automatically by this session.", runId,
            $"To end the run and remove its instance: Stop-RunctlTraining {runId} -RemoveInstance. With -Force the automatic resume ends, and the run stays interrupted.");

    /// <summary>Nobody says whether a training would be cut off.</summary>
    public static RunctlException TrainingsUnknown(string instanceId, RunctlException cause) =>
        new("TrainingsUnknown", cause.Kind, $"It is not known whether training runs on {instanceId}, so the instance is left alone: {cause.Message}", instanceId,
            "Try again when SSM reaches it. With -Force the guard saves while the machine shuts down, if there is time.", cause) { ServiceErrorCode = cause.ServiceErrorCode, IsTransient = cause.IsTransient };

    /// <summary>The checkpoint is not safe, so the instance stays.</summary>
    public static RunctlException CheckpointNotSaved(string instanceId, string runId, string problem, RunctlException? cause) =>
        new(ErrorIds.CheckpointNotSaved, cause?.Kind ?? ErrorKind.InvalidState, $"Instance {instanceId} is left alone, because the checkpoint of run {runId} is not safe: {problem}", instanceId,
            "See Get-RunctlTrainingLog and Get-RunctlTraining. Once the training has ended the instance can be stopped or removed without -Force, with whatever is only on its disk.", cause);

    /// <summary>EC2 stops no instance of a one-time request.</summary>
    public static RunctlException SpotNotStoppable(string instanceId, RunctlException? cause) =>
        new("SpotNotStoppable", ErrorKind.InvalidState, $"Spot instance {instanceId} cannot be stopped: EC2 stops only instances of persistent spot requests, and this one has a one-time request.", instanceId,
            $"Remove it with Remove-RunctlInstance {instanceId}; its checkpoints stay in S3, and a resume uses them. New-RunctlSpotInstance -InterruptionBehavior Stop launches instances that can be stopped.", cause);

    /// <summary>EC2 stopped it and starts it itself.</summary>
    public static RunctlException SpotWaitsForCapacity(string instanceId) =>
        new("SpotWaitsForCapacity", ErrorKind.ResourceUnavailable, $"Spot instance {instanceId} was stopped by EC2 for lack of capacity, and only EC2 can start it again.", instanceId,
            $"EC2 starts it when there is capacity: Start-RunctlInstance {instanceId} -Wait waits for that. Or resume on another instance, and remove this one.") { IsTransient = true };

    /// <summary>The spot request lets the instance start no more.</summary>
    public static RunctlException SpotRequestOver(string instanceId, string state, RunctlException cause) =>
        new("SpotRequestOver", ErrorKind.InvalidState, $"Spot instance {instanceId} cannot be started: its spot request is {state}.", instanceId, "Launch another one with New-RunctlSpotInstance, and remove this one.", cause);

    /// <summary>As long as the request stands, EC2 would launch another instance.</summary>
    public static RunctlException SpotRequestNotCancelled(string instanceId, string request, RunctlException cause) =>
        new("SpotRequestNotCancelled", cause.Kind, $"Instance {instanceId} is left alone: its persistent spot request {request} could not be cancelled, and EC2 would launch another instance for it. {cause.Message}", instanceId,
            "The policy has to allow ec2:CancelSpotInstanceRequests; then try again. " + PersonPolicyAction, cause) { ServiceErrorCode = cause.ServiceErrorCode, RequestId = cause.RequestId, IsTransient = cause.IsTransient };

    /// <summary>It is on its way to being stopped.</summary>
    public static RunctlException InstanceStopping(string instanceId) =>
        new("InstanceStopping", ErrorKind.InvalidState, $"Instance {instanceId} is still stopping.", instanceId, $"Wait until it is stopped (Stop-RunctlInstance {instanceId} -Wait), then start it.") { IsTransient = true };

    /// <summary>The type does not exist.</summary>
    public static RunctlException InstanceTypeUnknown(string types, string region, Exception? cause) =>
        new("InstanceTypeUnknown", ErrorKind.InvalidInput, $"There is no instance type {types} in {region}.", types, "Check the spelling, or choose another region.", cause);

    /// <summary>The type cannot be had as spot.</summary>
    public static RunctlException InstanceTypeNotSpot(string type) =>
        new("InstanceTypeNotSpot", ErrorKind.InvalidInput, $"The instance type {type} is not offered as a spot instance.", type, null);

    /// <summary>The types do not go together.</summary>
    public static RunctlException ArchitecturesDiffer(string detail) =>
        new("ArchitecturesDiffer", ErrorKind.InvalidInput, $"The instance types have different architectures ({detail}); one image cannot serve them.", null, "Launch them separately.");

    /// <summary>No type was given.</summary>
    public static RunctlException InstanceTypeMissing() =>
        new("InstanceTypeMissing", ErrorKind.InvalidInput, "No instance type is given.", null, "Give -InstanceType, or set default_instance_type in .runctl.toml.");

    /// <summary>There is no such image.</summary>
    public static RunctlException ImageNotFound(string image, string region) =>
        new("ImageNotFound", ErrorKind.NotFound, $"There is no image {image} in {region}.", image, "Images belong to a region; use one of this region with -ImageId, or leave it out.");

    /// <summary>The image has the wrong architecture.</summary>
    public static RunctlException ImageArchitecture(string image, string? architecture, string types) =>
        new("ImageArchitecture", ErrorKind.InvalidInput, $"The image {image} is for {architecture}, the instance types {types} are not.", image, "Leave -ImageId out to have one chosen.");

    /// <summary>There is no subnet to launch into.</summary>
    public static RunctlException SubnetMissing(string region) =>
        new("SubnetMissing", ErrorKind.NotFound, $"{region} has no default subnets.", region, "Set subnet_ids in .runctl.toml, give -SubnetId, or create a default VPC.");

    /// <summary>A subnet is not there.</summary>
    public static RunctlException SubnetNotFound(string subnets, string region) =>
        new("SubnetNotFound", ErrorKind.NotFound, $"There is no subnet {subnets} in {region}.", subnets, "Give subnets of this region with -SubnetId, or correct subnet_ids under [aws] in .runctl.toml; 'aws ec2 describe-subnets' lists them.");

    /// <summary>Nothing could be launched.</summary>
    public static RunctlException LaunchFailed(int count, string types, string reasons, string? code, bool transient, string? action, Exception? cause) =>
        new("LaunchFailed", ErrorKind.ResourceUnavailable, $"No {(count == 1 ? "instance" : $"{count} instances")} of {types} could be launched: {reasons}", types, action, cause) { ServiceErrorCode = code, IsTransient = transient };

    /// <summary>EC2 refused a launch for something that the user can correct.</summary>
    public static RunctlException LaunchRefused(string id, ErrorKind kind, int count, string types, string problem, string reasons, string code, string action, Exception? cause) =>
        new(id, kind, $"No {(count == 1 ? "instance" : $"{count} instances")} of {types} could be launched. {problem}. {reasons}", types, action, cause) { ServiceErrorCode = code };

    /// <summary>A launch failed, and so did its undoing: the failure as it was, with what may have been left running.</summary>
    public static RunctlException WithLeftovers(RunctlException failure, string launchId, RunctlException cleanup) =>
        new(failure.Id, failure.Kind, $"{failure.Message} Instances of this launch may still be running: they could not be terminated ({cleanup.Message.TrimEnd('.')}).", failure.Target,
            $"Look for instances that carry the tag runctl:launch={launchId} and terminate them: they cost money.{(failure.RecommendedAction is { } action ? " " + action : "")}", failure)
        {
            ServiceErrorCode = failure.ServiceErrorCode,
            RequestId = failure.RequestId,
            IsTransient = failure.IsTransient,
        };

    /// <summary>cloud-init failed.</summary>
    public static RunctlException CloudInitFailed(string instanceId, string text) =>
        new("CloudInitFailed", ErrorKind.InvalidState, $"cloud-init failed on {instanceId}: {text}", instanceId, "See /var/log/cloud-init-output.log on the instance.");

    /// <summary>A shell command did not come to its end.</summary>
    public static RunctlException CommandFailed(string instanceId, string status, string text) =>
        new(ErrorIds.CommandFailed, status is "TimedOut" ? ErrorKind.Timeout : ErrorKind.Connection, $"The command on {instanceId} ended as {status}{(text.Length == 0 ? "" : ": " + text)}", instanceId, null) { IsTransient = status is "Undeliverable" or "DeliveryTimedOut" or "TimedOut" };

    /// <summary>The guard printed something else than its one line.</summary>
    public static RunctlException GuardAnswerInvalid(string instanceId, int? exitCode, string text, Exception? cause) =>
        new("GuardAnswerInvalid", ErrorKind.InvalidData, $"The guard on {instanceId} gave no answer (exit code {exitCode}): {text}", instanceId, null, cause);

    /// <summary>The guard said no.</summary>
    public static RunctlException Guard(string id, ErrorKind kind, string message, object target, string? action) => new(id, kind, message, target, action);
}
