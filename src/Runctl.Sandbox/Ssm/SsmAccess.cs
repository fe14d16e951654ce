using Runctl.Sandbox.Ec2;
using Runctl.Sandbox.Policies;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.Ssm;

/// <summary>The permissions that a request to SSM needs, and those of the agent.</summary>
internal sealed class SsmAccess(InstanceRegistry registry, AccessControl access, string region, string account)
{
    private static readonly string[] AgentActions =
    [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
        "ec2messages:AcknowledgeMessage", "ec2messages:DeleteMessage", "ec2messages:FailMessage", "ec2messages:GetEndpoint", "ec2messages:GetMessages", "ec2messages:SendReply",
    ];

    /// <summary>Whether the role of an instance lets its agent register and take commands.</summary>
    public bool AllowsAgent(InstanceRecord record) => record.ProfileName is { } role
        && new SandboxPrincipal(account, $"arn:aws:sts::{account}:assumed-role/{role}/{record.InstanceId}", "") { InstanceId = record.InstanceId, Kind = PrincipalKind.Role } is var agent
        && AgentActions.All(action => access.Allows(agent, new AccessRequest(action, "*")));

    /// <summary>Refuses an operation that the caller may not do.</summary>
    /// <exception cref="SsmException">AccessDeniedException.</exception>
    public void Demand(SandboxPrincipal caller, string operation, JsonRequest request)
    {
        try
        {
            access.Demand(caller, Of(operation, request));
        }
        catch (AccessDeniedException e)
        {
            throw new SsmException("AccessDeniedException", e.Message);
        }
    }

    private IEnumerable<AccessRequest> Of(string operation, JsonRequest request) => operation switch
    {
        "SendCommand" => [new AccessRequest("ssm:SendCommand", DocumentArn(request.Text("DocumentName") ?? "")), .. request.Texts("InstanceIds").Select(ToInstance)],
        "GetParameter" or "PutParameter" => [new("ssm:" + operation, ParameterArn(request.Text("Name") ?? ""))],
        "GetParameters" => request.Texts("Names").Select(name => new AccessRequest("ssm:GetParameters", ParameterArn(name))),
        _ => [new("ssm:" + operation, "*")],
    };

    private AccessRequest ToInstance(string id)
    {
        var tags = registry.Find(id)?.Tags ?? TagSet.Empty;
        return new AccessRequest("ssm:SendCommand", Arns.Ec2(region, "instance", id)).Tagged(tags).Tagged(tags, "ssm:resourceTag/");
    }

    /// <summary>The documents of AWS belong to no account.</summary>
    private string DocumentArn(string name) => name.StartsWith("arn:", StringComparison.Ordinal) ? name
        : $"arn:aws:ssm:{region}:{(name.StartsWith("AWS-", StringComparison.Ordinal) ? "" : account)}:document/{name}";

    private string ParameterArn(string name) => name.StartsWith("arn:", StringComparison.Ordinal) ? name
        : $"arn:aws:ssm:{region}:{(name.StartsWith("/aws/service/", StringComparison.Ordinal) ? "" : account)}:parameter/{name.Split(':')[0].TrimStart('/')}";
}
