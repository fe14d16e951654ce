using System.Globalization;

namespace Runctl.Errors;

/// <summary>The catalogue of errors: every failure Runctl shows has its id, kind, words and remedy here.</summary>
internal static partial class RunctlErrors
{
    /// <summary>The configuration file does not say what it should.</summary>
    public static RunctlException ConfigurationInvalid(string path, int line, int column, string problem) =>
        new(ErrorIds.ConfigurationInvalid, ErrorKind.InvalidInput, $"{path}:{line}:{column}: {problem}", path, "Correct the file; about_Runctl_Configuration names every setting.");

    /// <summary>A configuration file is in place already.</summary>
    public static RunctlException ConfigurationExists(string path) =>
        new("ConfigurationExists", ErrorKind.Conflict, $"{path} is there already.", path, "Edit it, or replace it with -Force; its content is lost then.");

    /// <summary>A configuration file could not be written.</summary>
    public static RunctlException ConfigurationNotWritten(string path, Exception cause) =>
        new("ConfigurationNotWritten", ErrorKind.PermissionDenied, $"{path} cannot be written: {cause.Message}", path, "Use another directory with -Path, or permission to write there.", cause);

    /// <summary>A setting from a parameter, the session or the environment has the wrong form.</summary>
    public static RunctlException SettingInvalid(string source, string expected, string? value) =>
        new("SettingInvalid", ErrorKind.InvalidInput, $"{source}: '{value}' is not {expected}.", value, null);

    /// <summary>IAM matches no aliases.</summary>
    public static RunctlException KmsAlias(string alias) =>
        new("KmsAlias", ErrorKind.InvalidInput, $"A policy cannot name the alias {alias}: IAM knows keys by their own ARN.", alias, $"Get the ARN of the key: aws kms describe-key --key-id {alias} --query KeyMetadata.Arn. Then give it with -KmsKeyId.");

    /// <summary>The role could rewrite orders.</summary>
    public static RunctlException PrefixesOverlap(string prefix, string runPrefix, string? path) =>
        new(ErrorIds.PrefixesOverlap, ErrorKind.InvalidInput, $"s3_prefix '{prefix}' and run_prefix '{runPrefix}' overlap: the role of the instances writes below s3_prefix, and could rewrite what a resume launches from.", path ?? prefix,
            "Choose two prefixes of which neither contains the other under [aws] in .runctl.toml, for example checkpoints/spot-interruptions and checkpoints/runctl.");

    /// <summary>S3 refuses a key without the encryption that uses it.</summary>
    public static RunctlException KmsKeyWithoutKms(string source, string? path) =>
        new("SettingInvalid", ErrorKind.InvalidInput, $"s3_kms_key_id ({source}) names a KMS key, and s3_sse names no encryption with KMS.", path, "Set s3_sse = \"aws:kms\" (or \"aws:kms:dsse\") below [aws] in .runctl.toml, or remove s3_kms_key_id.");

    /// <summary>The webhook's address would be readable in records and in SSM's history.</summary>
    public static RunctlException WebhookWrittenOut() =>
        new("WebhookWrittenOut", ErrorKind.InvalidInput, "webhook_url is written out: it would be readable in the run's records and in the history of SSM.", null,
            "Keep it in Parameter Store ('aws ssm put-parameter --type SecureString --name /runctl/webhook --value URL') and write webhook_url = \"ssm:/runctl/webhook\"; the instance's role needs ssm:GetParameter for it.");

    /// <summary>The script is not there.</summary>
    public static RunctlException ScriptMissing(string path) =>
        new("ScriptMissing", ErrorKind.NotFound, $"The script {path} does not exist.", path, "Give the path of a file in the project.");

    /// <summary>The script is a directory.</summary>
    public static RunctlException ScriptIsDirectory(string path) =>
        new("ScriptIsDirectory", ErrorKind.InvalidInput, $"{path} is a directory, not a script.", path, "Give the path of the script itself.");

    /// <summary>The script lies outside the project.</summary>
    public static RunctlException ScriptOutsideProject(string script, string project) =>
        new(ErrorIds.ScriptOutsideProject, ErrorKind.InvalidInput, $"The script {script} is outside the project {project}.", script, "Run the command from the project's directory, or give -ProjectDirectory.");

    /// <summary>The project directory is not there.</summary>
    public static RunctlException ProjectMissing(string path) =>
        new("ProjectMissing", ErrorKind.NotFound, $"The project directory {path} does not exist.", path, null);

    /// <summary>The code cannot be sent without a bucket.</summary>
    public static RunctlException CodeTooBig(string project, long size, long limit) =>
        new("CodeTooBig", ErrorKind.ResourceUnavailable, string.Create(CultureInfo.InvariantCulture, $"The code of {project} is {size:N0} bytes compressed; without a bucket no more than {limit:N0} can be sent."), project,
            "Configure s3_bucket, or keep data out of the project with .gitignore.");

    /// <summary>git failed.</summary>
    public static RunctlException GitFailed(string directory, string text) =>
        new(ErrorIds.GitFailed, ErrorKind.InvalidState, $"git could not list the files of {directory}: {text}", directory, "Run 'git ls-files' there to see what is wrong.");

    /// <summary>What was given to resume from is not there.</summary>
    public static RunctlException CheckpointNotFound(string target) =>
        new("CheckpointNotFound", ErrorKind.NotFound, $"There is no committed checkpoint at {target}.", target, "Get-RunctlCheckpoint lists the checkpoints that can be resumed from.");

    /// <summary>A local checkpoint cannot travel.</summary>
    public static RunctlException LocalCheckpointNeedsBucket(string path, string directory) =>
        new("LocalCheckpointNeedsBucket", ErrorKind.InvalidState, $"Without a bucket a local checkpoint must lie in the project's checkpoint directory {directory}, with -SyncCode; {path} does not.", path,
            "Configure s3_bucket, or copy the checkpoint there and use -SyncCode.");

    /// <summary>An S3 URI was expected.</summary>
    public static RunctlException S3UriInvalid(string text) =>
        new("S3UriInvalid", ErrorKind.InvalidInput, $"'{text}' is not an S3 URI of an object (s3://bucket/key).", text, null);

    /// <summary>What is named is not a bucket that Runctl can use.</summary>
    public static RunctlException BucketNameInvalid(string source, string text, string problem) =>
        new(ErrorIds.BucketNameInvalid, ErrorKind.InvalidInput, $"{source}: '{text}' {problem}.", text, "Use the name of a general purpose bucket in the region of the instances: as s3_bucket under [aws] in .runctl.toml, or with -S3Bucket.");

    /// <summary>A bucket is needed.</summary>
    public static RunctlException BucketNotConfigured(string purpose) =>
        new("BucketNotConfigured", ErrorKind.InvalidState, $"{purpose} needs a bucket, and none is configured.", null, "Set s3_bucket in .runctl.toml, or give -S3Bucket.");

    /// <summary>A downloaded file is in the way.</summary>
    public static RunctlException FileExists(string path) =>
        new("FileExists", ErrorKind.Conflict, $"{path} exists already.", path, "Use -Force to replace it.");

    /// <summary>A report is to lie in a directory that is not there.</summary>
    public static RunctlException ReportDirectoryMissing(string directory) =>
        new("ReportNotWritten", ErrorKind.NotFound, $"The report cannot be written: the directory {directory} does not exist.", directory, $"New-Item -ItemType Directory '{directory.Replace("'", "''", StringComparison.Ordinal)}' creates it.");

    /// <summary>The file system does not take a report.</summary>
    public static RunctlException ReportNotWritten(string path, Exception cause) =>
        new("ReportNotWritten", ErrorKind.InvalidState, $"The report cannot be written to {path}: {cause.Message}", path, "Use -Path with a file in a directory that you may write to.", cause);

    /// <summary>Reports of several runs would replace each other.</summary>
    public static RunctlException ReportPathShared(string path) =>
        new("ReportPathShared", ErrorKind.InvalidInput, $"The reports of several runs cannot be written to one file, {path}.", path, "Write them into a directory, where each has the name of its run: New-Item -ItemType Directory reports; then use -Path reports.");

    /// <summary>A checkpoint's manifest names a path outside of it.</summary>
    public static RunctlException UnsafePath(string path, string manifest) =>
        new("UnsafePath", ErrorKind.InvalidData, $"The manifest {manifest} names the path '{path}', which leads out of the directory; nothing was written there.", manifest, null);

    /// <summary>The receiving file system cannot hold a name.</summary>
    public static RunctlException NameNotAllowed(string path, string reason) =>
        new("NameNotAllowed", ErrorKind.InvalidInput, $"The file '{path}' cannot be saved here: {reason}.", path, "Save the checkpoint on Linux, on macOS or in WSL, or choose other files with Save-RunctlCheckpoint -Name. Restoring it on an instance works.");

    /// <summary>A download would write through a link.</summary>
    public static RunctlException LinkInTheWay(string link, string path) =>
        new("LinkInTheWay", ErrorKind.Conflict, $"{link} is a link, and '{path}' would be written through it.", link, "Use another -Destination, or replace the link by a directory.");

    /// <summary>The file system did not take what was downloaded.</summary>
    public static RunctlException DestinationNotWritten(string directory, Exception cause) =>
        new("DestinationNotWritten", ErrorKind.ResourceUnavailable, $"The checkpoint cannot be written to {directory}: {cause.Message}", directory, "Use another -Destination, or make room there. Runctl has deleted what was not complete.", cause);

    /// <summary>A manifest contradicts itself.</summary>
    public static RunctlException ManifestInvalid(string manifest, string problem) =>
        new("ManifestInvalid", ErrorKind.InvalidData, $"The manifest {manifest} cannot be used: {problem}.", manifest, "Use an older checkpoint; Get-RunctlCheckpoint lists them.");

    /// <summary>Guards, and trainings with their rights, write manifests and records.</summary>
    public static RunctlException KeyRefused(string where, string key, string allowed) =>
        new("KeyRefused", ErrorKind.InvalidData, $"{where} names {key}, which does not lie below {allowed}; nothing of the checkpoint is used.", key,
            "Use another checkpoint; Get-RunctlCheckpoint lists them. The access log of the bucket shows which role wrote this one.");

    /// <summary>No file of a checkpoint has the name.</summary>
    public static RunctlException CheckpointFileNotFound(string checkpoint, string name) =>
        new("CheckpointFileNotFound", ErrorKind.NotFound, $"Checkpoint {checkpoint} has no file '{name}'.", name, "The Files of the checkpoint that Get-RunctlCheckpoint returns list its paths.");

    /// <summary>What was downloaded is not what was uploaded.</summary>
    public static RunctlException ChecksumMismatch(string key, string expected, string actual) =>
        new("ChecksumMismatch", ErrorKind.InvalidData, $"{key} is damaged: its CRC32 is {actual}, the manifest says {expected}.", key, "Use an older checkpoint; Get-RunctlCheckpoint lists them.");

    /// <summary>A record of ours cannot be read.</summary>
    public static RunctlException RecordDamaged(string where, Exception cause) =>
        new("RecordDamaged", ErrorKind.InvalidData, $"{where} cannot be read: {cause.Message}", where, null, cause);

    /// <summary>Something else lies where a record of ours does.</summary>
    public static RunctlException RecordTooLarge(string where, long bytes, long most) =>
        new("RecordTooLarge", ErrorKind.InvalidData, string.Create(CultureInfo.InvariantCulture, $"{where} has {bytes} bytes. A record of Runctl has {most} at most, so Runctl did not write it, and does not read it."), where,
            "The access log of the bucket shows which role wrote it. Delete the object, or restore its version before.");

    /// <summary>A run is not known.</summary>
    public static RunctlException RunNotFound(string runId) =>
        new(ErrorIds.RunNotFound, ErrorKind.NotFound, $"There is no run {runId}.", runId, "Get-RunctlTraining lists the runs.");

    /// <summary>The log is gone with its instance.</summary>
    public static RunctlException LogUnavailable(string runId, string instanceId) =>
        new("LogUnavailable", ErrorKind.NotFound, $"The log of run {runId} is gone: its instance {instanceId} does not answer, and no bucket holds a copy.", runId, "Configure s3_bucket so that logs outlive their instances.");

    /// <summary>The drill's run does not run.</summary>
    public static RunctlException TrainingNotRunning(string runId, string state) =>
        new("TrainingNotRunning", ErrorKind.InvalidState, $"Run {runId} is {state}, not running: there is nothing to interrupt.", runId, "Start it, then rehearse.");

    /// <summary>Waiting took too long.</summary>
    public static RunctlException TimedOut(string what, TimeSpan after, object? target, string? action = null) =>
        new("TimedOut", ErrorKind.Timeout, $"{what} took longer than {after.TotalSeconds:0} s.", target, action);

    /// <summary>A record is there already, and is not ours.</summary>
    public static RunctlException ObjectExists(string uri) => new("ObjectExists", ErrorKind.Conflict, $"{uri} exists already.", uri);

    /// <summary>An argument cannot be what it is.</summary>
    public static RunctlException ArgumentInvalid(string what, object? target) => new("ArgumentInvalid", ErrorKind.InvalidInput, what, target);
}
