namespace Runctl.Errors;

/// <summary>The ids of errors that code asks for by their id.</summary>
internal static class ErrorIds
{
    public const string AttemptNotFound = nameof(AttemptNotFound);

    public const string BucketNameInvalid = nameof(BucketNameInvalid);

    public const string CheckpointNotFound = nameof(CheckpointNotFound);

    public const string CheckpointNotSaved = nameof(CheckpointNotSaved);

    public const string CommandFailed = nameof(CommandFailed);

    public const string ConfigurationInvalid = nameof(ConfigurationInvalid);

    public const string GitFailed = nameof(GitFailed);

    public const string GuardMissing = nameof(GuardMissing);

    public const string InstanceGone = nameof(InstanceGone);

    public const string InstanceNotFound = nameof(InstanceNotFound);

    public const string InstanceNotOnline = nameof(InstanceNotOnline);

    public const string InstanceNotRunning = nameof(InstanceNotRunning);

    public const string PrefixesOverlap = nameof(PrefixesOverlap);

    public const string PythonMissing = nameof(PythonMissing);

    public const string PythonTooOld = nameof(PythonTooOld);

    public const string QuotaHeld = nameof(QuotaHeld);

    public const string RegionMissing = nameof(RegionMissing);

    public const string ResumeTaken = nameof(ResumeTaken);

    public const string RunNotFound = nameof(RunNotFound);

    public const string RunStillAlive = nameof(RunStillAlive);

    public const string RunWentOn = nameof(RunWentOn);

    public const string ScriptOutsideProject = nameof(ScriptOutsideProject);

    public const string SystemdTooOld = nameof(SystemdTooOld);

    public const string TrainingOnInstance = nameof(TrainingOnInstance);
}
