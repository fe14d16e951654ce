namespace Runctl.Configuration;

/// <summary>Fills the record from values by property name; what is missing keeps its default.</summary>
internal static class ConfigurationBuilder
{
    private static readonly RunctlConfiguration Defaults = new();

    /// <summary>The record.</summary>
    public static RunctlConfiguration Build(IReadOnlyDictionary<string, object> values)
    {
        return new RunctlConfiguration
        {
            Region = Get(nameof(RunctlConfiguration.Region), Defaults.Region),
            ProfileName = Get(nameof(RunctlConfiguration.ProfileName), Defaults.ProfileName),
            EndpointUrl = Get(nameof(RunctlConfiguration.EndpointUrl), Defaults.EndpointUrl),
            S3Bucket = Get(nameof(RunctlConfiguration.S3Bucket), Defaults.S3Bucket),
            S3Prefix = Get(nameof(RunctlConfiguration.S3Prefix), Defaults.S3Prefix).Trim('/'),
            RunPrefix = Get(nameof(RunctlConfiguration.RunPrefix), Defaults.RunPrefix).Trim('/'),
            S3Encryption = Get(nameof(RunctlConfiguration.S3Encryption), Defaults.S3Encryption),
            S3KmsKeyId = Get(nameof(RunctlConfiguration.S3KmsKeyId), Defaults.S3KmsKeyId),
            IamInstanceProfile = Get(nameof(RunctlConfiguration.IamInstanceProfile), Defaults.IamInstanceProfile),
            DefaultInstanceType = Get(nameof(RunctlConfiguration.DefaultInstanceType), Defaults.DefaultInstanceType),
            ImageId = Get(nameof(RunctlConfiguration.ImageId), Defaults.ImageId),
            SpotMaxPrice = Get(nameof(RunctlConfiguration.SpotMaxPrice), Defaults.SpotMaxPrice),
            OnDemandFallback = Get(nameof(RunctlConfiguration.OnDemandFallback), Defaults.OnDemandFallback),
            SubnetIds = Get(nameof(RunctlConfiguration.SubnetIds), Defaults.SubnetIds),
            SecurityGroupIds = Get(nameof(RunctlConfiguration.SecurityGroupIds), Defaults.SecurityGroupIds),
            ProjectName = Get(nameof(RunctlConfiguration.ProjectName), Defaults.ProjectName),
            User = Get(nameof(RunctlConfiguration.User), Defaults.User),
            Python = Get(nameof(RunctlConfiguration.Python), Defaults.Python),
            SetupCommand = Get(nameof(RunctlConfiguration.SetupCommand), Defaults.SetupCommand),
            ResumeArguments = Get(nameof(RunctlConfiguration.ResumeArguments), Defaults.ResumeArguments),
            TrainingEnvironment = Get(nameof(RunctlConfiguration.TrainingEnvironment), Defaults.TrainingEnvironment),
            StopSignal = Get(nameof(RunctlConfiguration.StopSignal), Defaults.StopSignal),
            UsesStopFile = Get(nameof(RunctlConfiguration.UsesStopFile), Defaults.UsesStopFile),
            SignalTo = Get(nameof(RunctlConfiguration.SignalTo), Defaults.SignalTo),
            OnExit = Get(nameof(RunctlConfiguration.OnExit), Defaults.OnExit),
            CheckpointDirectory = Get(nameof(RunctlConfiguration.CheckpointDirectory), Defaults.CheckpointDirectory),
            SaveInterval = Get(nameof(RunctlConfiguration.SaveInterval), Defaults.SaveInterval),
            KeepLastN = Get(nameof(RunctlConfiguration.KeepLastN), Defaults.KeepLastN),
            Mirror = Get(nameof(RunctlConfiguration.Mirror), Defaults.Mirror),
            CheckpointInclude = Get(nameof(RunctlConfiguration.CheckpointInclude), Defaults.CheckpointInclude),
            CheckpointExclude = Get(nameof(RunctlConfiguration.CheckpointExclude), Defaults.CheckpointExclude),
            CheckpointHead = Get(nameof(RunctlConfiguration.CheckpointHead), Defaults.CheckpointHead),
            RestoreLimit = Get(nameof(RunctlConfiguration.RestoreLimit), Defaults.RestoreLimit),
            VerifyCommand = Get(nameof(RunctlConfiguration.VerifyCommand), Defaults.VerifyCommand),
            CheckpointPatterns = Get(nameof(RunctlConfiguration.CheckpointPatterns), Defaults.CheckpointPatterns),
            PollInterval = Get(nameof(RunctlConfiguration.PollInterval), Defaults.PollInterval),
            GuardPollInterval = Get(nameof(RunctlConfiguration.GuardPollInterval), Defaults.GuardPollInterval),
            GracePeriod = Get(nameof(RunctlConfiguration.GracePeriod), Defaults.GracePeriod),
            AutoResume = Get(nameof(RunctlConfiguration.AutoResume), Defaults.AutoResume),
            MaxResumes = Get(nameof(RunctlConfiguration.MaxResumes), Defaults.MaxResumes),
            StoppedInstance = Get(nameof(RunctlConfiguration.StoppedInstance), Defaults.StoppedInstance),
            WebhookUrl = Get(nameof(RunctlConfiguration.WebhookUrl), Defaults.WebhookUrl),
            AlertOn = Get(nameof(RunctlConfiguration.AlertOn), Defaults.AlertOn),
            Prices = Get(nameof(RunctlConfiguration.Prices), Defaults.Prices),
        };

        T Get<T>(string property, T otherwise) => values.TryGetValue(property, out var value) ? (T)value : otherwise;
    }
}
