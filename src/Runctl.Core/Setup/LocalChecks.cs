using System.Runtime.CompilerServices;
using Runctl.Code;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Setup;

/// <summary>Checks what can be seen from this machine: settings, credentials, bucket, script.</summary>
internal sealed class LocalChecks(ICloud cloud, SetupRequest request)
{
    private const string BucketRemedy = "Set s3_bucket under [aws] in .runctl.toml, or give -S3Bucket: without a bucket checkpoints stay on the instance and are lost with it. Get-RunctlPolicy -CloudFormation writes a template that makes one.";

    private const string HandlerRemedy = "Let the script save and end on SIGTERM (module/samples has scripts that do): without it what was trained since the last periodic checkpoint is lost. If the text of the script does not show its handler, Invoke-RunctlInterruptionDrill proves it.";

    private readonly CheckList _list = new(null);

    /// <summary>The checks that failed, once all were made.</summary>
    public IEnumerable<string> Failed => _list.Failed;

    /// <summary>All checks, each as it is made.</summary>
    public async IAsyncEnumerable<RunctlSetupCheck> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return Configuration();
        yield return await _list.TryAsync("Region", [], () => Task.FromResult(_list.Pass("Region", $"{cloud.Region}, from {SourceOf(nameof(request.Configuration.Region), "the profile or the SDK's own search")}"))).ConfigureAwait(false);
        yield return await _list.TryAsync("Credentials", ["Region"], async () =>
            _list.Pass("Credentials", $"{await cloud.GetCallerAsync(cancellationToken).ConfigureAwait(false)}, from {request.CredentialSource}")).ConfigureAwait(false);
        yield return await BucketAsync(cancellationToken).ConfigureAwait(false);
        yield return await BucketWriteAsync(cancellationToken).ConfigureAwait(false);
        if (request.Launch is { } launch)
        {
            yield return await _list.TryAsync("Launch", ["Region", "Credentials"], async () =>
                _list.Pass("Launch", Allowed(await new LaunchTrial(cloud).PlanAsync(launch, cancellationToken).ConfigureAwait(false))), refusalFails: true).ConfigureAwait(false);
        }

        if (request.ScriptPath is { } path)
        {
            var look = Script(path, out var check);
            yield return check;
            yield return Handler(look);
            foreach (var further in new ScriptChecks(_list, request.Configuration, request.ProjectDirectory).Judge(look))
            {
                yield return further;
            }
        }
    }

    private RunctlSetupCheck Configuration()
    {
        var configuration = request.Configuration;
        return request.ConfigurationFailure is { } failure ? _list.Fail("Configuration", failure.Message, failure.RecommendedAction ?? "Correct the file; Get-RunctlConfiguration shows what is read from it.")
            : configuration.Warnings is [var first, ..] ? _list.Fail("Configuration", first, "Correct the file; Get-RunctlConfiguration shows what is read from it.")
            : _list.Pass("Configuration", configuration.Path ?? "no .runctl.toml; parameters, environment and defaults apply");
    }

    private async Task<RunctlSetupCheck> BucketAsync(CancellationToken cancellationToken)
    {
        if (request.BucketFailure is { } failure)
        {
            return _list.Fail("Bucket", failure.Message, failure.RecommendedAction);
        }

        if (StoreReference.Of(request.Configuration) is not { } store)
        {
            return _list.FirstFailed("Configuration") is null || request.ConfigurationFailure is null
                ? _list.Fail("Bucket", "No bucket is configured.", BucketRemedy)
                : _list.Unknown("Bucket", "The configuration file cannot be read, and nothing else names a bucket.");
        }

        return await _list.TryAsync("Bucket", ["Region", "Credentials"], async () =>
        {
            await cloud.Objects.CheckBucketAsync(store.Bucket, store.RunPrefix + "/", cancellationToken).ConfigureAwait(false);
            return _list.Pass("Bucket", $"{store.Bucket} in {cloud.Region}, from {SourceOf(nameof(request.Configuration.S3Bucket), "the defaults")}");
        }, refusalFails: true).ConfigureAwait(false);
    }

    private async Task<RunctlSetupCheck> BucketWriteAsync(CancellationToken cancellationToken)
    {
        if (StoreReference.Of(request.Configuration) is not { } store)
        {
            return _list.Unknown("BucketWrite", request.BucketFailure is null ? "Not tried: there is no bucket." : "Not tried: Bucket failed.");
        }

        // A bucket that may not be listed may still be written to.
        return await _list.TryAsync("BucketWrite", ["Region", "Credentials"], async () =>
        {
            var probe = new StorageProbe(cloud.Objects, store);
            var left = await probe.TryAsync(cancellationToken).ConfigureAwait(false);
            return _list.Pass("BucketWrite", $"written and read below {store.Prefix}/ and {store.RunPrefix}/{probe.Remains(left)}");
        }, refusalFails: true).ConfigureAwait(false);
    }

    /// <summary>What EC2 would launch. Quotas and capacity show at the launch only: decision 0113.</summary>
    private string Allowed(LaunchPlan plan)
    {
        var quotas = InstanceQuota.Of(plan.Request.InstanceTypes, isSpot: true);
        return $"{plan.Description}; EC2 allows it. A dry run does not look at quotas{(quotas.Count == 0 ? "" : $": {string.Join(" ; ", quotas.Select(quota => quota.Command(cloud.Region)))}")}";
    }

    private ScriptInspection? Script(string path, out RunctlSetupCheck check)
    {
        var relative = Path.GetRelativePath(request.ProjectDirectory, path);
        var problem = !File.Exists(path) ? Directory.Exists(path) ? RunctlErrors.ScriptIsDirectory(path) : RunctlErrors.ScriptMissing(path)
            : Path.IsPathRooted(relative) || relative.StartsWith("..", StringComparison.Ordinal) ? RunctlErrors.ScriptOutsideProject(path, request.ProjectDirectory) : null;
        try
        {
            problem ??= Entries.KindOf(path) == EntryKind.Special ? RunctlErrors.ScriptMissing(path) : null;
            var look = problem is null || problem.Id == ErrorIds.ScriptOutsideProject ? ScriptInspection.At(path, request.ProjectDirectory) : null;
            check = problem is null ? _list.Pass("Script", $"{relative} in {request.ProjectDirectory}") : _list.Fail("Script", problem.Message, problem.RecommendedAction);
            return look;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            check = _list.Fail("Script", $"{path} cannot be read: {e.Message}", "Give the user of this session permission to read it.");
            return null;
        }
    }

    private RunctlSetupCheck Handler(ScriptInspection? look) => look switch
    {
        null => _list.Unknown("SigtermHandler", "Not tried: Script failed."),
        _ when request.Configuration.UsesStopFile => _list.Unknown("SigtermHandler", "a stop file tells the script; a look at its text cannot say whether it looks for RUNCTL_STOP_FILE", "Invoke-RunctlInterruptionDrill tells for sure."),
        _ when request.Configuration.StopSignal != "TERM" => _list.Unknown("SigtermHandler", $"SIG{request.Configuration.StopSignal} tells the script; a look at its text searches for handlers of SIGTERM only", "Invoke-RunctlInterruptionDrill tells for sure."),
        { HandlesSignal: true } => _list.Pass("SigtermHandler", look.Seen),
        { HandlesSignal: false, OtherSignal: { } other } => _list.Fail("SigtermHandler", look.Seen, $"If it saves there, set [training] stop_signal = \"{other}\". Otherwise let the script save and end on SIGTERM (module/samples has scripts that do)."),
        { HandlesSignal: false } => _list.Fail("SigtermHandler", look.Seen, HandlerRemedy),
        _ => _list.Unknown("SigtermHandler", look.Seen, "Invoke-RunctlInterruptionDrill tells for sure."),
    };

    private string SourceOf(string property, string otherwise) => request.Configuration.Sources.GetValueOrDefault(property) is { } source and not "Default" ? source : otherwise;
}
