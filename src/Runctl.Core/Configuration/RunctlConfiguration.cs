using Runctl.Resuming;

namespace Runctl.Configuration;

/// <summary>The settings in force, each with where it came from.</summary>
public sealed record RunctlConfiguration
{
    /// <summary>Region.</summary>
    public string? Region { get; init; }

    /// <summary>Profile of the credentials.</summary>
    public string? ProfileName { get; init; }

    /// <summary>Endpoint instead of AWS's own.</summary>
    public Uri? EndpointUrl { get; init; }

    /// <summary>Bucket for checkpoints, code and records.</summary>
    public string? S3Bucket { get; init; }

    /// <summary>Prefix of checkpoints.</summary>
    public string S3Prefix { get; init; } = "checkpoints/spot-interruptions";

    /// <summary>Prefix of run records and code.</summary>
    public string RunPrefix { get; init; } = "checkpoints/runctl";

    /// <summary>AES256, aws:kms or aws:kms:dsse: the encryption that new objects name; null to name none.</summary>
    public string? S3Encryption { get; init; }

    /// <summary>Id or ARN of the KMS key that new objects name; null to name none.</summary>
    public string? S3KmsKeyId { get; init; }

    /// <summary>Instance profile for new instances.</summary>
    public string? IamInstanceProfile { get; init; }

    /// <summary>Instance type where none is given.</summary>
    public string? DefaultInstanceType { get; init; }

    /// <summary>Image for new instances.</summary>
    public string? ImageId { get; init; }

    /// <summary>Highest spot price, US dollars an hour.</summary>
    public decimal? SpotMaxPrice { get; init; }

    /// <summary>Whether on-demand instances may stand in for spot ones.</summary>
    public bool OnDemandFallback { get; init; }

    /// <summary>Subnets for new instances.</summary>
    public IReadOnlyList<string> SubnetIds { get; init; } = [];

    /// <summary>Security groups for new instances.</summary>
    public IReadOnlyList<string> SecurityGroupIds { get; init; } = [];

    /// <summary>Project name; null for the project directory's name.</summary>
    public string? ProjectName { get; init; }

    /// <summary>Login user on the instance; null for ubuntu or ec2-user, whichever is there.</summary>
    public string? User { get; init; }

    /// <summary>Python for the training; null for the project's own or the image's.</summary>
    public string? Python { get; init; }

    /// <summary>Command that prepares the environment, run once for each change.</summary>
    public string? SetupCommand { get; init; }

    /// <summary>Arguments added on resume, unless the script's arguments have the same flag; <c>{checkpoint}</c> stands for the restored checkpoint's path, <c>{checkpoint_dir}</c> for the checkpoint directory.</summary>
    public IReadOnlyList<string> ResumeArguments { get; init; } = ["--resume", "{checkpoint}"];

    /// <summary>TERM, INT, USR1 or USR2: the signal that tells the training to save and stop.</summary>
    public string StopSignal { get; init; } = "TERM";

    /// <summary>Whether the file that RUNCTL_STOP_FILE names appears instead of a signal.</summary>
    public bool UsesStopFile { get; init; }

    /// <summary>trainers or launcher: which processes get the signal.</summary>
    public string SignalTo { get; init; } = "trainers";

    /// <summary>Environment of the training.</summary>
    public IReadOnlyDictionary<string, string> TrainingEnvironment { get; init; } = new Dictionary<string, string>();

    /// <summary>keep or terminate: what happens to the instance after the training.</summary>
    public string OnExit { get; init; } = "keep";

    /// <summary>Checkpoint directory, relative to the project.</summary>
    public string CheckpointDirectory { get; init; } = "checkpoints";

    /// <summary>Save interval in the script's own unit.</summary>
    public int SaveInterval { get; init; } = 5;

    /// <summary>How many checkpoints of a run stay in S3; 0 for all.</summary>
    public int KeepLastN { get; init; } = 5;

    /// <summary>Whether periodic checkpoints are uploaded as they are saved.</summary>
    public bool Mirror { get; init; } = true;

    /// <summary>Globs of version 0.1: what matches one is kept, everything else is left out. Empty for what the run itself shows.</summary>
    public IReadOnlyList<string> CheckpointPatterns { get; init; } = [];

    /// <summary>Globs on paths below the checkpoint directory of what belongs to checkpoints beside what is found; they beat the names of unfinished files.</summary>
    public IReadOnlyList<string> CheckpointInclude { get; init; } = [];

    /// <summary>Globs on paths below the checkpoint directory of what never belongs to a checkpoint.</summary>
    public IReadOnlyList<string> CheckpointExclude { get; init; } = [];

    /// <summary>Glob on paths below the checkpoint directory of what the script resumes from; null for what the saves show.</summary>
    public string? CheckpointHead { get; init; }

    /// <summary>Bytes up to which a restore brings older checkpoints back beside the newest; null for all.</summary>
    public long? RestoreLimit { get; init; }

    /// <summary>Command that must end with exit code 0 for a periodic checkpoint to count; it gets the path as its last argument.</summary>
    public string? VerifyCommand { get; init; }

    /// <summary>How often the monitor job asks.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often the guard asks the metadata service.</summary>
    public TimeSpan GuardPollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait for the training to save after the signal.</summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>Whether interrupted runs resume by themselves.</summary>
    public bool AutoResume { get; init; }

    /// <summary>How many times a run may resume by itself.</summary>
    public int MaxResumes { get; init; } = 10;

    /// <summary>What becomes of a run whose instance was stopped or hibernated, not terminated.</summary>
    public RunctlStoppedInstance StoppedInstance { get; init; }

    /// <summary>Where the address of the webhook for alerts is kept: ssm:/name or secretsmanager:arn.</summary>
    public string? WebhookUrl { get; init; }

    /// <summary>Kinds of events that alert; empty for detection and outcome of an interruption.</summary>
    public IReadOnlyList<string> AlertOn { get; init; } = [];

    /// <summary>On-demand prices by hand: US dollars an hour by instance type.</summary>
    public IReadOnlyDictionary<string, decimal> Prices { get; init; } = new Dictionary<string, decimal>();

    /// <summary>The configuration file that was read, or null.</summary>
    public string? Path { get; init; }

    /// <summary>Where each setting came from, by property name: Parameter, Object (that the command works on), Session, Environment (with the variable), File (with the line) or Default.</summary>
    public IReadOnlyDictionary<string, string> Sources { get; init; } = new Dictionary<string, string>();

    /// <summary>Warnings met on the way, for example of unknown keys.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
