namespace Runctl.Configuration;

/// <summary>One setting: the property it fills, where it stands in the file, and the variables that set it.</summary>
/// <param name="Property">Property of <see cref="RunctlConfiguration"/>.</param>
/// <param name="Table">Table in the file.</param>
/// <param name="Key">Key in the table; empty where the table itself is the value.</param>
/// <param name="Kind">Form of the value.</param>
/// <param name="Variables">Environment variables, the first that is set counts.</param>
internal sealed record Setting(string Property, string Table, string Key, SettingKind Kind, params string[] Variables)
{
    /// <summary>Every setting there is.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        new(nameof(RunctlConfiguration.Region), "aws", "region", SettingKind.Text, "RUNCTL_REGION", "AWS_REGION", "AWS_DEFAULT_REGION"),
        new(nameof(RunctlConfiguration.ProfileName), "aws", "profile", SettingKind.Text, "RUNCTL_PROFILE", "AWS_PROFILE"),
        new(nameof(RunctlConfiguration.EndpointUrl), "aws", "endpoint_url", SettingKind.Address, "RUNCTL_ENDPOINT_URL", "AWS_ENDPOINT_URL"),
        new(nameof(RunctlConfiguration.S3Bucket), "aws", "s3_bucket", SettingKind.Bucket, "RUNCTL_S3_BUCKET"),
        new(nameof(RunctlConfiguration.S3Prefix), "aws", "s3_prefix", SettingKind.Text, "RUNCTL_S3_PREFIX"),
        new(nameof(RunctlConfiguration.RunPrefix), "aws", "run_prefix", SettingKind.Text, "RUNCTL_RUN_PREFIX"),
        new(nameof(RunctlConfiguration.S3Encryption), "aws", "s3_sse", SettingKind.S3Encryption, "RUNCTL_S3_SSE"),
        new(nameof(RunctlConfiguration.S3KmsKeyId), "aws", "s3_kms_key_id", SettingKind.KmsKey, "RUNCTL_S3_KMS_KEY_ID"),
        new(nameof(RunctlConfiguration.IamInstanceProfile), "aws", "iam_instance_profile", SettingKind.Text, "RUNCTL_IAM_INSTANCE_PROFILE"),
        new(nameof(RunctlConfiguration.DefaultInstanceType), "aws", "default_instance_type", SettingKind.Text, "RUNCTL_DEFAULT_INSTANCE_TYPE"),
        new(nameof(RunctlConfiguration.ImageId), "aws", "ami", SettingKind.Text, "RUNCTL_AMI"),
        new(nameof(RunctlConfiguration.SpotMaxPrice), "aws", "spot_max_price", SettingKind.Amount, "RUNCTL_SPOT_MAX_PRICE"),
        new(nameof(RunctlConfiguration.OnDemandFallback), "aws", "on_demand_fallback", SettingKind.Switch, "RUNCTL_ON_DEMAND_FALLBACK"),
        new(nameof(RunctlConfiguration.SubnetIds), "aws", "subnet_ids", SettingKind.Texts, "RUNCTL_SUBNET_IDS"),
        new(nameof(RunctlConfiguration.SecurityGroupIds), "aws", "security_group_ids", SettingKind.Texts, "RUNCTL_SECURITY_GROUP_IDS"),
        new(nameof(RunctlConfiguration.ProjectName), "training", "project_name", SettingKind.Text, "RUNCTL_PROJECT_NAME"),
        new(nameof(RunctlConfiguration.User), "training", "user", SettingKind.Text, "RUNCTL_USER"),
        new(nameof(RunctlConfiguration.Python), "training", "python", SettingKind.Text, "RUNCTL_PYTHON"),
        new(nameof(RunctlConfiguration.SetupCommand), "training", "setup_command", SettingKind.Text, "RUNCTL_SETUP_COMMAND"),
        new(nameof(RunctlConfiguration.ResumeArguments), "training", "resume_arguments", SettingKind.Texts),
        new(nameof(RunctlConfiguration.TrainingEnvironment), "training", "environment", SettingKind.TextTable),
        new(nameof(RunctlConfiguration.StopSignal), "training", "stop_signal", SettingKind.StopSignal, "RUNCTL_STOP_SIGNAL"),
        new(nameof(RunctlConfiguration.UsesStopFile), "training", "stop_file", SettingKind.Switch),
        new(nameof(RunctlConfiguration.SignalTo), "training", "signal_to", SettingKind.SignalTo, "RUNCTL_SIGNAL_TO"),
        new(nameof(RunctlConfiguration.OnExit), "training", "on_exit", SettingKind.OnExit, "RUNCTL_ON_EXIT"),
        new(nameof(RunctlConfiguration.CheckpointDirectory), "checkpoint", "dir", SettingKind.Text, "RUNCTL_CHECKPOINT_DIR"),
        new(nameof(RunctlConfiguration.SaveInterval), "checkpoint", "save_interval", SettingKind.WholeNumber, "RUNCTL_SAVE_INTERVAL"),
        new(nameof(RunctlConfiguration.KeepLastN), "checkpoint", "keep_last_n", SettingKind.WholeNumber, "RUNCTL_KEEP_LAST_N"),
        new(nameof(RunctlConfiguration.Mirror), "checkpoint", "mirror", SettingKind.Switch, "RUNCTL_MIRROR"),
        new(nameof(RunctlConfiguration.CheckpointInclude), "checkpoint", "include", SettingKind.Globs, "RUNCTL_CHECKPOINT_INCLUDE"),
        new(nameof(RunctlConfiguration.CheckpointExclude), "checkpoint", "exclude", SettingKind.Globs, "RUNCTL_CHECKPOINT_EXCLUDE"),
        new(nameof(RunctlConfiguration.CheckpointHead), "checkpoint", "head", SettingKind.Glob, "RUNCTL_CHECKPOINT_HEAD"),
        new(nameof(RunctlConfiguration.RestoreLimit), "checkpoint", "restore_limit", SettingKind.Bytes, "RUNCTL_RESTORE_LIMIT"),
        new(nameof(RunctlConfiguration.VerifyCommand), "checkpoint", "verify_command", SettingKind.Text, "RUNCTL_VERIFY_COMMAND"),
        new(nameof(RunctlConfiguration.CheckpointPatterns), "checkpoint", "patterns", SettingKind.Globs, "RUNCTL_CHECKPOINT_PATTERNS"),
        new(nameof(RunctlConfiguration.PollInterval), "spot", "poll_interval", SettingKind.Duration, "RUNCTL_POLL_INTERVAL"),
        new(nameof(RunctlConfiguration.GuardPollInterval), "spot", "guard_poll_interval", SettingKind.Duration, "RUNCTL_GUARD_POLL_INTERVAL"),
        new(nameof(RunctlConfiguration.GracePeriod), "spot", "grace_period", SettingKind.Duration, "RUNCTL_GRACE_PERIOD"),
        new(nameof(RunctlConfiguration.AutoResume), "spot", "auto_resume", SettingKind.Switch, "RUNCTL_AUTO_RESUME"),
        new(nameof(RunctlConfiguration.MaxResumes), "spot", "max_resumes", SettingKind.WholeNumber, "RUNCTL_MAX_RESUMES"),
        new(nameof(RunctlConfiguration.StoppedInstance), "spot", "stopped_instance", SettingKind.StoppedInstance, "RUNCTL_STOPPED_INSTANCE"),
        new(nameof(RunctlConfiguration.WebhookUrl), "alerts", "webhook_url", SettingKind.Text, "RUNCTL_WEBHOOK_URL"),
        new(nameof(RunctlConfiguration.AlertOn), "alerts", "on", SettingKind.EventKinds, "RUNCTL_ALERT_ON"),
        new(nameof(RunctlConfiguration.Prices), "prices", "", SettingKind.AmountTable),
    ];

    /// <summary>Smallest number that makes sense.</summary>
    public int Minimum => Property is nameof(RunctlConfiguration.MaxResumes) or nameof(RunctlConfiguration.KeepLastN) ? 0 : 1;
}
