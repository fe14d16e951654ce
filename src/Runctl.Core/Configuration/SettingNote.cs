namespace Runctl.Configuration;

/// <summary>What a configuration file says about a setting: its meaning with its unit, and an example where there is no default to show.</summary>
/// <param name="Text">The comment, without the default.</param>
/// <param name="Example">An example value where the default is none, as <see cref="SettingConverter"/> takes it.</param>
internal sealed record SettingNote(string Text, object? Example = null)
{
    /// <summary>The notes by property of <see cref="RunctlConfiguration"/>; every setting has one.</summary>
    public static IReadOnlyDictionary<string, SettingNote> All { get; } = new Dictionary<string, SettingNote>(StringComparer.Ordinal)
    {
        [nameof(RunctlConfiguration.Region)] = new("Region of instances and bucket. Default: the session's, AWS_REGION, the profile's.", "us-east-1"),
        [nameof(RunctlConfiguration.ProfileName)] = new("Profile of the credentials in ~/.aws/config. Default: AWS_PROFILE, then the SDK's own search.", "default"),
        [nameof(RunctlConfiguration.EndpointUrl)] = new("Endpoint of all services instead of AWS's own. Default: none.", new Uri("http://127.0.0.1:4566")),
        [nameof(RunctlConfiguration.S3Bucket)] = new("Bucket for checkpoints, code and records, in the region of the instances. Default: none; then nothing can be resumed elsewhere.", "my-checkpoint-bucket"),
        [nameof(RunctlConfiguration.S3Prefix)] = new("Prefix of checkpoints in the bucket."),
        [nameof(RunctlConfiguration.RunPrefix)] = new("Prefix of run records and code in the bucket."),
        [nameof(RunctlConfiguration.S3Encryption)] = new("Encryption that every new object names, where the policy of the bucket demands it: AES256, aws:kms or aws:kms:dsse. Default: none is named, and the bucket's own applies.", "aws:kms"),
        [nameof(RunctlConfiguration.S3KmsKeyId)] = new("Key for aws:kms and aws:kms:dsse, by id or ARN; the policies of Get-RunctlPolicy have the permissions for it. Default: the key of the bucket or of the account.", "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
        [nameof(RunctlConfiguration.IamInstanceProfile)] = new("Instance profile of new instances; Get-RunctlPolicy -For Instance shows what its role needs. Default: none.", "MySSMProfile"),
        [nameof(RunctlConfiguration.DefaultInstanceType)] = new("Instance type where none is given. Default: none.", "g5.xlarge"),
        [nameof(RunctlConfiguration.ImageId)] = new("Image of new instances. Default: Ubuntu, the deep-learning image for GPU types.", "ami-0123456789abcdef0"),
        [nameof(RunctlConfiguration.SpotMaxPrice)] = new("Highest spot price, US dollars an hour; a limit makes interruptions more frequent. Default: none.", 0.5m),
        [nameof(RunctlConfiguration.OnDemandFallback)] = new("Whether on-demand instances may stand in where there are no spot ones."),
        [nameof(RunctlConfiguration.SubnetIds)] = new("Subnets for new instances. Default: those of the default VPC."),
        [nameof(RunctlConfiguration.SecurityGroupIds)] = new("Security groups of new instances. Default: the VPC's own."),
        [nameof(RunctlConfiguration.ProjectName)] = new("Name of the project, also of its directory on instances. Default: the name of this directory.", "my-project"),
        [nameof(RunctlConfiguration.User)] = new("Login user on instances. Default: ubuntu or ec2-user, whichever is there.", "ubuntu"),
        [nameof(RunctlConfiguration.Python)] = new("Python of the training. Default: the project's .venv, the image's, or one Runctl makes.", "/usr/bin/python3"),
        [nameof(RunctlConfiguration.SetupCommand)] = new("Command that prepares the environment; runs once for each change of itself or the requirements files. Default: none.", "pip install -r requirements.txt"),
        [nameof(RunctlConfiguration.ResumeArguments)] = new("Arguments added on resume, unless the script's arguments already have the same flag. {checkpoint} is the path of the restored checkpoint, {checkpoint_dir} the checkpoint directory. [] adds none."),
        [nameof(RunctlConfiguration.TrainingEnvironment)] = new("Environment variables of the training; secrets as ssm:/name or secretsmanager:arn. Default: none.", new Dictionary<string, string> { ["WANDB_API_KEY"] = "ssm:/wandb" }),
        [nameof(RunctlConfiguration.StopSignal)] = new("Signal that tells the training to save and stop: TERM, INT, USR1 or USR2."),
        [nameof(RunctlConfiguration.UsesStopFile)] = new("Whether the training looks for the file RUNCTL_STOP_FILE, which then appears instead of a signal."),
        [nameof(RunctlConfiguration.SignalTo)] = new("Which processes get the signal: trainers, or launcher for a launcher that must coordinate the save."),
        [nameof(RunctlConfiguration.OnExit)] = new("keep or terminate: what becomes of the instance when the training has ended."),
        [nameof(RunctlConfiguration.CheckpointDirectory)] = new("Directory the script saves checkpoints in, relative to the project."),
        [nameof(RunctlConfiguration.SaveInterval)] = new("Save interval, in the script's own unit (it gets RUNCTL_SAVE_INTERVAL)."),
        [nameof(RunctlConfiguration.KeepLastN)] = new("How many checkpoints of a run stay in S3; the instance's role deletes older ones, but no file that is still on the instance's disk. 0 keeps all, and with each its storage cost."),
        [nameof(RunctlConfiguration.Mirror)] = new("Whether periodic checkpoints are uploaded as they are saved."),
        [nameof(RunctlConfiguration.CheckpointInclude)] = new("Globs on paths below dir: what belongs to checkpoints beside what Runctl finds, unfinished-looking names too. Default: none.", new List<string> { "exp*/config.yaml" }),
        [nameof(RunctlConfiguration.CheckpointExclude)] = new("Globs on paths below dir: what never belongs to a checkpoint. Default: none.", new List<string> { "images/*" }),
        [nameof(RunctlConfiguration.CheckpointHead)] = new("Glob on paths below dir of what the script resumes from ({checkpoint}). Default: the first weight file or directory that the first save completed, and its later ones.", "*/last.ckpt"),
        [nameof(RunctlConfiguration.RestoreLimit)] = new("Bytes, or a size such as \"200 GB\", up to which a restore brings older checkpoints back, the newest first; the newest itself always comes. Default: four fifths of the free disk.", "200 GB"),
        [nameof(RunctlConfiguration.VerifyCommand)] = new("Command that tries a periodic checkpoint: it gets the path as its last argument and ends with 0 where it is good. Default: none.", "python tools/verify.py"),
        [nameof(RunctlConfiguration.CheckpointPatterns)] = new("Globs of version 0.1: what matches is kept, everything else is left out. Use include and exclude instead. Default: none."),
        [nameof(RunctlConfiguration.PollInterval)] = new("How often the monitor job asks. Durations are \"30s\", \"2m\", or a number of seconds."),
        [nameof(RunctlConfiguration.GuardPollInterval)] = new("How often the guard on the instance looks for a notice. A duration."),
        [nameof(RunctlConfiguration.GracePeriod)] = new("Longest wait for the training to save after the stop signal. A duration."),
        [nameof(RunctlConfiguration.AutoResume)] = new("Whether Runctl resumes an interrupted run on a new instance automatically."),
        [nameof(RunctlConfiguration.MaxResumes)] = new("How many times Runctl resumes a run automatically."),
        [nameof(RunctlConfiguration.StoppedInstance)] = new("Whether a run whose instance EC2 stopped or hibernated continues elsewhere (replace), or there when EC2 starts it again (wait)."),
        [nameof(RunctlConfiguration.WebhookUrl)] = new("Where the address of the webhook for alerts is kept: ssm:/name or secretsmanager:arn. Default: none.", "ssm:/alerts-webhook"),
        [nameof(RunctlConfiguration.AlertOn)] = new("Kinds of events that alert. Default: detection and outcome of an interruption.", new List<string> { "InterruptionDetected", "InterruptionHandled" }),
        [nameof(RunctlConfiguration.Prices)] = new("On-demand prices by hand, US dollars an hour by instance type. Default: none.", new Dictionary<string, decimal> { ["g5.xlarge"] = 1.006m }),
    };
}
