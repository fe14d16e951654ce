using Runctl.Errors;
using Runctl.PowerShell.Targets;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.PowerShell.Engine;

/// <summary>The catalogue of errors that the cmdlets themselves find; the others are in Core.</summary>
internal static class CommandErrors
{
    public static RunctlException SandboxNotSupported() => new(
        "SandboxNotSupported", ErrorKind.NotSupported, "The sandbox runs on Linux only: its instances are Linux processes.", null, "Use a Linux machine, WSL or a container.");

    public static RunctlException RegionMissingBesideSandbox(Uri endpoint, RunctlException cause) => new(
        cause.Id, cause.Kind, $"{cause.Message} This process has a sandbox at {endpoint}, which is not in use by default.", cause.Target,
        $"For the sandbox: Set-RunctlSandbox -EndpointUrl {endpoint} -UseAsDefault, or give -EndpointUrl {endpoint}. For AWS: {cause.RecommendedAction}", cause);

    public static RunctlException SandboxNotFound(Uri endpoint) => new(
        "SandboxNotFound", ErrorKind.NotFound, $"No sandbox of this process is at {endpoint}.", endpoint, "Change and stop a sandbox in the process that started it; other processes can only use it.");

    public static RunctlException SandboxStopped(Uri endpoint) => new(
        "SandboxStopped", ErrorKind.NotFound, $"The sandbox at {endpoint} has been stopped, with everything in it.", endpoint, "Start another one: Start-RunctlSandbox -UseAsDefault");

    public static RunctlException SandboxElsewhere(Uri endpoint, string sandbox, string region) => new(
        "SandboxElsewhere", ErrorKind.InvalidInput, $"The sandbox at {endpoint} is in {sandbox}, not in {region}.", region, $"Use -Region {sandbox}, or leave -Region out.");

    public static RunctlException SandboxNotNamed(int count) => new(
        "SandboxNotNamed",
        ErrorKind.InvalidInput,
        count == 0 ? "This session has no sandbox." : $"This session has {count} sandboxes, and none of them is in use by default.",
        null,
        count == 0 ? "Run Start-RunctlSandbox first." : "Pipe one of them in, or use -Sandbox.");

    public static RunctlException SandboxRefused(string instanceId, Exception cause) => new(
        "SandboxRefused", ErrorKind.InvalidState, $"The sandbox cannot do this with {instanceId}: {cause.Message}", instanceId, "Get-RunctlInstance lists the instances of a sandbox and their states.", cause);

    public static RunctlException NoticeNotFound(string instanceId) => new(
        "NoticeNotFound", ErrorKind.InvalidState, $"No notice is active for {instanceId}, so there is none to withdraw.", instanceId, "Invoke-RunctlInterruptionDrill gives one.");

    public static RunctlException PolicyBucketMissing() => new(
        "BucketMissing", ErrorKind.InvalidInput, "A policy is about a bucket, and none is configured.", null, "Use -S3Bucket, or set s3_bucket under [aws] in .runctl.toml. For a new bucket: Get-RunctlPolicy -CloudFormation.");

    public static RunctlException PathNotFileSystem(string path) => new(
        "PathNotFileSystem", ErrorKind.InvalidInput, $"'{path}' is not a path in the file system.", path, "Give a path of a file or directory.");

    public static RunctlException NothingToResumeFrom(string what, object? target) => new(
        "NothingToResumeFrom", ErrorKind.InvalidState, $"There is no checkpoint to resume from: {what}.", target, "Get-RunctlCheckpoint lists the checkpoints; without -ResumeFrom the training starts from the beginning.");

    /// <summary>A run has saved nothing yet that another could begin from.</summary>
    public static RunctlException RunWithoutCheckpoint(string runId) => new(
        "NothingToResumeFrom", ErrorKind.InvalidState, $"Run {runId} has no checkpoint to begin from.", runId,
        $"To continue the run from the beginning, once it has ended: Resume-RunctlTraining {runId} -FromScratch. To start a new run on its instance: Start-RunctlTraining with -InstanceId {runId} in place of the pipeline.");

    public static RunctlException ResumeFromInvalid(object value) => new(
        "ResumeFromInvalid", ErrorKind.InvalidInput, $"-ResumeFrom does not take {value.GetType().Name.WithArticle()}.", value, "Give a checkpoint, a training, a run id, a drill report, an S3 URI or a local path.");

    public static RunctlException HeadExcludes() => new(
        "HeadExcludes", ErrorKind.InvalidInput, "-Head cannot be used with -Name or -Older.", null, "Use -Head alone, or name the files with -Name.");

    public static RunctlException ProcessesNamed() => new(
        "ProcessesNamed", ErrorKind.InvalidInput, "More than one parameter names the process.", null, "Give one of -ProcessId, -PidFile and -ProcessName.");

    public static RunctlException InstanceNotNamed() => new(
        "InstanceNotNamed", ErrorKind.InvalidInput, "The instance of the process is missing.", null, "Pipe an instance in, or give -InstanceId.");

    public static RunctlException TargetMissing(RunctlTarget target) => new(
        "TargetMissing", ErrorKind.InvalidInput, $"No run and no instance is named: what was given is {target.Source ?? "empty"}.", target.Source,
        "Give a run id, an instance id, a wildcard, or an object that has an id; Get-RunctlTraining and Get-RunctlInstance list what there is.");

    public static RunctlException NotOneInstance(string pattern, int count) => new(
        "NotOneInstance", ErrorKind.InvalidInput, $"'{pattern}' means {count} instances, and a training starts on one.", pattern,
        "Use -InstanceId with the id of one instance; Get-RunctlInstance lists them.");

    public static RunctlException NotOneRun(string id, int count) => new(
        "NotOneRun", ErrorKind.InvalidInput, $"'{id}' means {count} runs, and a training begins from the checkpoint of one.", id,
        "Use -ResumeFrom with the id of one run; Get-RunctlTraining lists them.");

    public static RunctlException SettingNotFound(string name, string? near) => new(
        "SettingNotFound", ErrorKind.NotFound, $"There is no setting '{name}'{(near is null ? "." : $"; did you mean '{near}'?")}", name, "Get-RunctlConfiguration lists all settings.");

    public static RunctlException InstanceExpected(RunctlTarget target) => new(
        "InstanceExpected", ErrorKind.InvalidInput, $"'{target.Id}' is not the id of an instance.", target.Id, "Give an id that begins with i-; a run goes in the first place, or after -RunId.");

    public static RunctlException TrainingNotFound(string? runId, string? instanceId) => new(
        "TrainingNotFound",
        ErrorKind.NotFound,
        runId is not null ? $"There is no run {runId}." : instanceId is not null ? $"No training of Runctl is known on instance {instanceId}." : "No training of Runctl is known.",
        runId ?? instanceId,
        "Get-RunctlTraining lists the runs. If the instance of a run is gone, only its bucket knows it: use -S3Bucket, or set s3_bucket. Watch training that Runctl did not start with Watch-RunctlSpotInterruption -ProcessId, -PidFile or -ProcessName.");

    public static RunctlException RunAmbiguous(string tail, IReadOnlyList<string> runIds) => new(
        "RunAmbiguous", ErrorKind.InvalidInput, $"'{tail}' means {runIds.Count} runs: {string.Join(", ", runIds)}.", tail, "Give the whole id of one of them.");

    public static RunctlException InstanceTypeNotNamed(string type) => new(
        "InstanceExpected", ErrorKind.InvalidInput, $"{type} is an instance type: -InstanceType {type}", type, $"Use -InstanceType {type} to launch an instance, or give the id of one.");

    public static RunctlException ConfirmationImpossible(string command, string remedy, Exception cause) => new(
        "ConfirmationImpossible", ErrorKind.InvalidInput, $"{command} asks before it acts, and the question cannot be asked here: there is no terminal.", command, $"Add {remedy}.", cause);

    public static RunctlException RunNotPlaced(RunctlTraining training) => training switch
    {
        { State: not RunStates.Claimed } => new(
            "RunNotPlaced", ErrorKind.InvalidState, $"Run {training.RunId} is on no instance: its attempt {training.Attempt} was given up before it had one.", training.RunId,
            $"To resume the run: Resume-RunctlTraining {training.RunId}."),
        { StateReason: not null } => new(
            "RunNotPlaced", ErrorKind.InvalidState, $"Run {training.RunId} has no instance yet: this session prepares its attempt {training.Attempt}.", training.RunId, RemedyInGap(training.RunId)),
        _ => new(
            "RunNotPlaced", ErrorKind.InvalidState,
            $"Run {training.RunId} has no instance yet: its attempt {training.Attempt} was claimed by a session that resumes it, and this session does not know on which instance.", training.RunId,
            "Try again when Get-RunctlTraining shows its instance. If the session that resumes it is gone: Resume-RunctlTraining -Force takes the run over."),
    };

    public static RunctlException RunBetweenAttempts(RunctlTraining training, string reason) => new(
        "RunBetweenAttempts", ErrorKind.InvalidState, $"Run {training.RunId} has no instance now: its attempt {training.Attempt} on {training.InstanceId} is {training.State}, and {reason}.", training.RunId,
        RemedyInGap(training.RunId));

    private static string RemedyInGap(string runId) => $"Get-RunctlTrainingLog {runId} -Follow waits for the next attempt. To end the run instead: Stop-RunctlTraining {runId}.";

    public static RunctlException CheckpointNotFound(string what, object? target) => new(
        ErrorIds.CheckpointNotFound, ErrorKind.NotFound, $"There is no committed checkpoint {what}.", target, "Get-RunctlCheckpoint lists all of them.");

    public static RunctlException WaitTimedOut(string runId, TimeSpan timeout) => new(
        "WaitTimedOut", ErrorKind.Timeout, $"Run {runId} did not end within {timeout.TotalSeconds:0.###} s; it continues.", runId, "Wait longer with -Timeout, or end it with Stop-RunctlTraining.");

    public static RunctlException EnvironmentInvalid(object name) => new(
        "EnvironmentInvalid", ErrorKind.InvalidInput, $"'{name}' cannot be the name of an environment variable.", name, "Use letters, digits and underscores, not beginning with a digit.");

    public static RunctlException AutoResumeNeedsMonitor() => new(
        "AutoResumeNeedsMonitor", ErrorKind.InvalidInput, "-AutoResume and -NoMonitor exclude each other: the monitor job resumes runs.", null, "Leave one of them out.");

    public static RunctlException AutoResumeAttached() => new(
        "AutoResumeAttached", ErrorKind.InvalidInput, "-AutoResume cannot resume a training that Runctl did not start: its code, arguments and environment are not known.", null, "Leave -AutoResume out, or start the training with Start-RunctlTraining.");

    public static RunctlException MonitorLostRun(string runId, string instanceId) => new(
        "MonitorLostRun", ErrorKind.Connection, $"Run {runId} was lost with instance {instanceId}: how it ended is not known.", runId, "Get-RunctlCheckpoint lists what is in S3.");

    public static RunctlException JobCannotAsk(string command, Exception? cause = null) => new(
        "JobCannotAsk", ErrorKind.InvalidInput, $"{command} asks before it acts, and a job has no screen to ask on.", command, "Add -Confirm:$false (and -Force for what Runctl did not launch), or leave -AsJob out.", cause);

    public static RunctlException JobFailed(string command, Exception cause) => new(
        "JobFailed", ErrorKind.InvalidState, $"The job of {command} failed: {cause.Message}", command, null, cause);

    public static RunctlException CredentialsUnusable(string message, Exception cause) => new(
        "SessionCredentialsUnusable", ErrorKind.Authentication, $"The credentials of AWS.Tools in this session cannot be used: {message}", null, "Run Set-AWSCredential again, or give -ProfileName.", cause);
}
