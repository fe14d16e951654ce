using Runctl.Errors;

namespace Runctl.Runs;

/// <summary>Checks a specification that was read from S3 before anything rests on it.</summary>
internal static class SpecCheck
{
    /// <summary>The specification, if it is the one of a run in this store.</summary>
    /// <param name="spec">The specification as it was read.</param>
    /// <param name="runId">The run that it was asked for.</param>
    /// <param name="store">The store that it was read from.</param>
    /// <param name="key">Its key, for the error.</param>
    /// <exception cref="RunctlException">OrdersInvalid.</exception>
    public static RunSpec Require(RunSpec spec, string runId, RunStore store, string key) =>
        Problem(spec, runId, store) is { } problem ? throw RunctlErrors.OrdersInvalid($"s3://{store.Bucket}/{key}", problem) : spec;

    private static string? Problem(RunSpec spec, string runId, RunStore store) =>
        spec.Schema != 1 ? $"its schema is {spec.Schema}, and this version of Runctl reads 1"
        : spec.RunId != runId ? $"it is of run '{spec.RunId}'"
        : IsMissing(spec) is { } name ? $"it has no {name}"
        : spec.Target is null && !IsInside(spec.Script) ? $"its script '{spec.Script}' is not inside the project"
        : spec.Store is { } own && (own.Bucket != store.Bucket || own.RunPrefix?.Trim('/') != store.RunPrefix) ? $"its store is s3://{own.Bucket}/{own.RunPrefix}, not the one that it lies in"
        : spec.Store is { Prefix: null } ? "its store has no prefix"
        : spec.Code is { Bucket: not null } or { Key: not null } && !IsOfStore(spec.Code, store) ? $"its code s3://{spec.Code.Bucket}/{spec.Code.Key} is not a bundle of this store"
        : spec.Launch is { Count: not 1 } ? $"it asks for {spec.Launch.Count} instances"
        : null;

    /// <summary>JSON may have null where the type has none.</summary>
    private static string? IsMissing(RunSpec spec) =>
        spec.Region is null ? "region" : spec.ProjectName is null ? "project_name" : spec.Script is null ? "script" : spec.Arguments is null ? "arguments" : spec.Environment is null ? "environment"
        : spec.Checkpoint?.Dir is null ? "checkpoint" : spec.Policy is null ? "policy" : spec.ResumeArguments is null ? "resume_arguments" : spec.Instances is null ? "instances"
        : spec.Launch is { InstanceTypes: null } or { SubnetIds: null } or { SecurityGroupIds: null } or { Tags: null } ? "usable launch" : null;

    /// <summary>A relative path without a step upwards.</summary>
    private static bool IsInside(string script) =>
        script.Length > 0 && script[0] is not ('/' or '\\') && !script.Contains('\0', StringComparison.Ordinal) && script.Split('/', '\\').All(part => part is not "..");

    private static bool IsOfStore(CodeReference code, RunStore store) =>
        code.Bucket == store.Bucket && code.Sha256 is { Length: 64 } sha && sha.All(char.IsAsciiHexDigitLower) && (code.Key == store.Keys.Code(sha) || code.Key == store.Keys.CodeOfVersion01(sha));
}
