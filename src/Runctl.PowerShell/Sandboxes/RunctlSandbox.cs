using Runctl.Objects;
using Runctl.Ports;
using Runctl.PowerShell.Composition;
using Runctl.Sandbox;

namespace Runctl.PowerShell.Sandboxes;

/// <summary>A running sandbox: EC2, SSM and S3 on this machine.</summary>
public sealed class RunctlSandbox
{
    internal RunctlSandbox(CloudCredentials credentials, CloudCredentials administrator) => (Credentials, Administrator) = (credentials, administrator);

    /// <summary>Endpoint of all its services.</summary>
    public Uri EndpointUrl { get; internal set; } = null!;

    /// <summary>Region it stands for.</summary>
    public string Region { get; internal set; } = "";

    /// <summary>Bucket that is there from the beginning.</summary>
    public string S3Bucket { get; internal set; } = "";

    /// <summary>Instance profile that is there from the beginning.</summary>
    public string IamInstanceProfile { get; internal set; } = "";

    /// <summary>Access key id; <see cref="GetEnvironment"/> has the secret too.</summary>
    public string AccessKeyId => Credentials.AccessKeyId;

    /// <summary>Directory its instances and objects are in.</summary>
    public string Directory { get; internal set; } = "";

    /// <summary>Whether cmdlets of this session use it if neither an endpoint nor a profile is given.</summary>
    public bool IsDefault => RunctlSession.OfThread is { } session ? RunningSandboxes.DefaultOf(session) == this : RunningSandboxes.Newest == this;

    /// <summary>The faults that are set now, each with the number of requests it has struck; Set-RunctlSandbox changes them.</summary>
    public IReadOnlyList<RunctlSandboxFault> Faults => Readable.List(SandboxChanges.FaultsOf(EndpointUrl));

    /// <summary>What an instance lives with: its link, its metadata service, its clock, its agent and its notices.</summary>
    /// <param name="instanceId">An instance of this sandbox.</param>
    /// <exception cref="Runctl.Errors.RunctlException">The sandbox runs no longer, or there is no such instance.</exception>
    public RunctlSandboxCondition GetCondition(string instanceId) => SandboxChanges.ConditionOf(EndpointUrl, instanceId);

    internal CloudCredentials Credentials { get; }

    internal CloudCredentials Administrator { get; }

    /// <summary>The environment variables by which other sessions and other AWS clients join it with the policy of a person; the secret key is among them.</summary>
    public IDictionary<string, string> GetEnvironment() => EnvironmentOf(Credentials);

    /// <summary>The environment variables by which other AWS clients join it as the administrator of the account, to make buckets, parameters and secrets.</summary>
    public IDictionary<string, string> GetAdministratorEnvironment() => EnvironmentOf(Administrator);

    private SortedDictionary<string, string> EnvironmentOf(CloudCredentials credentials) => new(StringComparer.Ordinal)
    {
        ["AWS_ENDPOINT_URL"] = EndpointUrl.ToString(),
        ["AWS_REGION"] = Region,
        ["AWS_ACCESS_KEY_ID"] = credentials.AccessKeyId,
        ["AWS_SECRET_ACCESS_KEY"] = credentials.SecretAccessKey,
    };

    /// <summary>The endpoint.</summary>
    public override string ToString() => EndpointUrl.ToString();
}
