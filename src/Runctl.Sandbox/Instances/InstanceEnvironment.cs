namespace Runctl.Sandbox.Instances;

/// <summary>The whole environment of an instance's processes: no HOME, as under the SSM agent, and no keys.</summary>
internal static class InstanceEnvironment
{
    /// <summary>Builds it.</summary>
    public static IReadOnlyDictionary<string, string> Of(string root, Uri metadata, string endpoint, string region, string searchPath) =>
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["RUNCTL_ROOT"] = root,
            ["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = metadata.ToString().TrimEnd('/'),
            ["AWS_ENDPOINT_URL"] = endpoint,
            ["AWS_ENDPOINT_URL_S3"] = endpoint,
            ["AWS_REGION"] = region,
            ["TMPDIR"] = $"{root}/tmp",

            // What the image brings comes before what the host has.
            ["PATH"] = $"{root}/usr/local/bin:{searchPath}",
        };
}
