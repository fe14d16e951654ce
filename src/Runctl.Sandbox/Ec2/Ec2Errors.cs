namespace Runctl.Sandbox.Ec2;

/// <summary>Refusals that more than one action makes.</summary>
internal static class Ec2Errors
{
    public static Ec2Exception Missing(string parameter) =>
        new("MissingParameter", $"The request must contain the parameter {parameter}");

    public static Ec2Exception Invalid(string parameter, string value) =>
        new("InvalidParameterValue", $"Value ({value}) for parameter {parameter} is invalid.");

    public static Ec2Exception DryRun() => new("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412);

    public static Ec2Exception InstanceNotFound(params string[] ids) => new("InvalidInstanceID.NotFound", ids.Length == 1
        ? $"The instance ID '{ids[0]}' does not exist"
        : $"The instance IDs '{string.Join(", ", ids)}' do not exist");

    public static Ec2Exception NotStartable(string id) => new("IncorrectInstanceState",
        $"The instance '{id}' is not in a state from which it can be started.");

    public static Ec2Exception NotStoppable(string id) => new("IncorrectInstanceState",
        $"This instance '{id}' is not in a state from which it can be stopped.");

    public static Ec2Exception OneTimeSpot(string id) => new("UnsupportedOperation",
        $"You can't stop the Spot Instance '{id}' because it is associated with a one-time Spot Instance request. "
        + "You can only stop Spot Instances associated with persistent Spot Instance requests.");

    public static Ec2Exception SpotRequestForbidsStart(InstanceRecord record) => new("IncorrectSpotRequestState",
        $"You can't start the Spot Instance '{record.InstanceId}' because the associated Spot Instance request "
        + $"'{record.SpotRequestId}' is not in an appropriate state to support start.");
}
