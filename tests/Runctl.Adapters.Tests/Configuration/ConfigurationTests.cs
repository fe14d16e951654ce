using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Resuming;

namespace Runctl.Adapters.Tests.Configuration;

public sealed class ConfigurationTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly Dictionary<string, string?> _environment = [];
    private readonly Dictionary<string, object?> _parameters = [];
    private readonly Dictionary<string, object?> _session = [];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_example_of_the_product_parses()
    {
        var read = Read("""
            [aws]
            region = "us-east-1"
            s3_bucket = "my-checkpoint-bucket"  # For checkpoint uploads
            """);
        Assert.Equal("us-east-1", read.Region);
        Assert.Equal("my-checkpoint-bucket", read.S3Bucket);
        Assert.Equal("File (line 3)", read.Sources["S3Bucket"]);
        Assert.Equal("Default", read.Sources["S3Prefix"]);
        Assert.Empty(read.Warnings);
    }

    [Fact]
    public void Every_setting_is_read()
    {
        var read = Read("""
            [aws]
            region = "eu-west-1"
            profile = "me"
            s3_bucket = "bucket"
            s3_prefix = "a/b/"
            run_prefix = "r"
            s3_sse = "aws:kms:dsse"
            s3_kms_key_id = "alias/mine"
            iam_instance_profile = "P"
            default_instance_type = "g5.xlarge"
            ami = "ami-1"
            spot_max_price = 0.5
            on_demand_fallback = true
            subnet_ids = ["subnet-1", "subnet-2"]
            security_group_ids = ["sg-1"]
            endpoint_url = "http://127.0.0.1:1234"
            [training]
            project_name = "digits"
            user = "ubuntu"
            python = "/usr/bin/python3"
            setup_command = "pip install -r requirements.txt"
            resume_arguments = ["--from", "{checkpoint}"]
            environment = { EPOCHS = "3", HF_TOKEN = "ssm:/hf" }
            stop_signal = "SIGUSR1"
            stop_file = true
            signal_to = "launcher"
            on_exit = "terminate"
            [checkpoint]
            dir = "out"
            save_interval = 10
            keep_last_n = 3
            mirror = false
            include = ["exp*/config.yaml"]
            exclude = ["images/*"]
            head = "*/last.ckpt"
            restore_limit = "200 GB"
            verify_command = "python verify.py"
            patterns = ["*.pt"]
            [spot]
            poll_interval = "1m"
            guard_poll_interval = 2
            grace_period = "45s"
            auto_resume = true
            max_resumes = 0
            stopped_instance = "wait"
            [alerts]
            webhook_url = "ssm:/hook"
            on = ["InterruptionDetected"]
            [prices]
            "g5.xlarge" = 1.006
            """);
        Assert.Equal(("eu-west-1", "me", "bucket", "a/b", "r", "P", "g5.xlarge", "ami-1"), (read.Region, read.ProfileName, read.S3Bucket, read.S3Prefix, read.RunPrefix, read.IamInstanceProfile, read.DefaultInstanceType, read.ImageId));
        Assert.Equal(("aws:kms:dsse", "alias/mine"), (read.S3Encryption, read.S3KmsKeyId));
        Assert.Equal((0.5m, true, false, true, 0, RunctlStoppedInstance.Wait), (read.SpotMaxPrice, read.OnDemandFallback, read.Mirror, read.AutoResume, read.MaxResumes, read.StoppedInstance));
        Assert.Equal(["subnet-1", "subnet-2"], read.SubnetIds);
        Assert.Equal(new Uri("http://127.0.0.1:1234"), read.EndpointUrl);
        Assert.Equal("3", read.TrainingEnvironment["EPOCHS"]);
        Assert.Equal(("terminate", "out", 10, 3), (read.OnExit, read.CheckpointDirectory, read.SaveInterval, read.KeepLastN));
        Assert.Equal(("USR1", true, "launcher"), (read.StopSignal, read.UsesStopFile, read.SignalTo));
        Assert.Equal((TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(45)), (read.PollInterval, read.GuardPollInterval, read.GracePeriod));
        Assert.Equal(1.006m, read.Prices["g5.xlarge"]);
        Assert.Equal((("exp*/config.yaml", "images/*"), "*/last.ckpt", 200_000_000_000, "python verify.py"), ((read.CheckpointInclude[0], read.CheckpointExclude[0]), read.CheckpointHead, read.RestoreLimit, read.VerifyCommand));
        Assert.Contains("'patterns' in [checkpoint] now means", Assert.Single(read.Warnings), StringComparison.Ordinal);
        // What has no "Default" left was really read: a setting that is forgotten in the table of settings fails here.
        Assert.DoesNotContain("Default", read.Sources.Values);
    }

    [Fact]
    public void What_is_not_a_bucket_that_Runctl_can_use_is_refused_wherever_it_is_set()
    {
        var error = Assert.Throws<RunctlException>(() => Read("[aws]\ns3_bucket = \"fast--use1-az4--x-s3\"\n"));
        Assert.Equal("BucketNameInvalid", error.Id);
        Assert.Matches(@"\.runctl\.toml:2:\d+: 's3_bucket': 'fast--use1-az4--x-s3' is a directory bucket", error.Message);
        Assert.Contains("general purpose bucket", error.RecommendedAction, StringComparison.Ordinal);

        _environment["RUNCTL_S3_BUCKET"] = "s3://mine";
        Assert.StartsWith("Environment variable RUNCTL_S3_BUCKET: 's3://mine' is an address", Assert.Throws<RunctlException>(() => Read("")).Message, StringComparison.Ordinal);
        _parameters["S3Bucket"] = "My-Bucket";
        Assert.StartsWith("Parameter S3Bucket: 'My-Bucket' is not the name of a bucket", Assert.Throws<RunctlException>(() => Read("")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Patterns_of_version_0_1_warn_of_their_new_meaning_with_the_line()
    {
        var read = Read("[checkpoint]\ndir = \"out\"\npatterns = [\"[0-9]*\"]\n");
        Assert.Equal(["[0-9]*"], read.CheckpointPatterns);
        Assert.Contains(".runctl.toml:3: 'patterns' in [checkpoint] now means: what matches is kept with each checkpoint, and everything else is left out. Use 'include'", Assert.Single(read.Warnings), StringComparison.Ordinal);
        Assert.Empty(Read("[checkpoint]\npatterns = []\ninclude = [\"x\"]\n").Warnings);
    }

    [Theory]
    [InlineData("restore_limit = \"lots\"", "a whole number of bytes from 0, or a size such as \"200 GB\"")]
    [InlineData("restore_limit = -1", "a whole number of bytes from 0")]
    [InlineData("include = [\"/etc/*\"]", "a list of globs on paths below the checkpoint directory")]
    [InlineData("exclude = \"*.tmp\"", "a list of globs")]
    [InlineData("head = \"../x\"", "a glob on paths below the checkpoint directory")]
    [InlineData("verify_command = 3", "a text in quotes")]
    public void What_belongs_to_a_checkpoint_is_checked_where_it_is_read(string line, string expected)
    {
        var error = Assert.Throws<RunctlException>(() => Read($"[checkpoint]\n{line}\n"));
        Assert.Equal("ConfigurationInvalid", error.Id);
        Assert.Contains(":2:", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("s3_sse = \"aes256\"", "is not \"AES256\", \"aws:kms\" or \"aws:kms:dsse\"", "ConfigurationInvalid")]
    [InlineData("s3_sse = true", "expected \"AES256\"", "ConfigurationInvalid")]
    [InlineData("s3_kms_key_id = \"a key\\r\\nx: y\"", "the id or the ARN of a KMS key", "ConfigurationInvalid")]
    [InlineData("s3_kms_key_id = \"alias/mine\"", "s3_sse names no encryption with KMS", "SettingInvalid")]
    [InlineData("s3_sse = \"AES256\"\ns3_kms_key_id = \"alias/mine\"", "s3_sse names no encryption with KMS", "SettingInvalid")]
    public void Encryption_that_S3_would_refuse_is_refused_where_it_is_read(string lines, string expected, string id)
    {
        var error = Assert.Throws<RunctlException>(() => Read($"[aws]\n{lines}\n"));
        Assert.Equal(id, error.Id);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("checkpoints", "checkpoints/runctl")]
    [InlineData("checkpoints/runctl/", "/checkpoints/runctl")]
    [InlineData("checkpoints/runctl/orders", "checkpoints/runctl")]
    [InlineData("/", "runctl")]
    public void Prefixes_by_which_the_role_could_write_orders_are_refused(string prefix, string runPrefix) =>
        Assert.Equal("PrefixesOverlap", Assert.Throws<RunctlException>(() => Read($"[aws]\ns3_prefix = \"{prefix}\"\nrun_prefix = \"{runPrefix}\"\n")).Id);

    [Fact]
    public void Prefixes_that_only_begin_alike_do_not_overlap() => Read("[aws]\ns3_prefix = \"runctl-2\"\nrun_prefix = \"runctl\"\n");

    [Fact]
    public void An_alert_on_a_kind_of_event_that_does_not_exist_is_an_error_that_names_those_there_are()
    {
        var error = Assert.Throws<RunctlException>(() => Read("[alerts]\non = [\"InterruptionSeen\"]\n"));
        Assert.Contains("InterruptionDetected, InterruptionTime", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parameters_beat_session_environment_file_and_defaults()
    {
        var file = "[aws]\nregion = \"from-file-1\"\n";
        Assert.Equal(("from-file-1", "File (line 2)"), Region());
        _environment["AWS_DEFAULT_REGION"] = "from-default-1";
        Assert.Equal(("from-default-1", "Environment (AWS_DEFAULT_REGION)"), Region());
        _environment["AWS_REGION"] = "from-region-1";
        Assert.Equal(("from-region-1", "Environment (AWS_REGION)"), Region());
        _environment["RUNCTL_REGION"] = "from-runctl-1";
        Assert.Equal(("from-runctl-1", "Environment (RUNCTL_REGION)"), Region());
        _session["Region"] = "from-session-1";
        Assert.Equal(("from-session-1", "Session"), Region());
        _parameters["Region"] = "from-parameter-1";
        Assert.Equal(("from-parameter-1", "Parameter"), Region());

        (string?, string) Region()
        {
            var read = Read(file);
            return (read.Region, read.Sources["Region"]);
        }
    }

    [Fact]
    public void The_file_is_looked_for_upwards_then_in_the_users_directory()
    {
        var home = _directory.Write("home/.config/runctl/runctl.toml", "[aws]\nregion = \"home-1\"\n");
        _environment["HOME"] = Path.Combine(_directory.Path, "home");
        _directory.Write("work/.runctl.toml", "[aws]\nregion = \"work-1\"\n");
        _directory.Write("work/deep/er/x");
        _directory.Write("elsewhere/x");
        Assert.Equal("work-1", ReadAt("work/deep/er").Region);
        var elsewhere = ReadAt("elsewhere");
        Assert.Equal("home-1", elsewhere.Region);
        Assert.Equal(home, elsewhere.Path);
    }

    [Theory]
    [InlineData("[aws]\nregoin = \"x\"\n", ":2: unknown key 'regoin' in [aws]; did you mean 'region'?")]
    [InlineData("[checkpoints]\ndir = \"x\"\n", ":1: unknown table [checkpoints]; did you mean 'checkpoint'?")]
    [InlineData("s3_bucket = \"x\"\n", ":1: 's3_bucket' belongs in the table [aws]; it is ignored here.")]
    [InlineData("[spot]\nsave_interval = 3\n", ":2: 'save_interval' belongs in the table [checkpoint]; it is ignored in [spot].")]
    public void What_is_not_known_warns_with_what_was_meant(string toml, string warning) => Assert.EndsWith(warning, Assert.Single(Read(toml).Warnings), StringComparison.Ordinal);

    [Theory]
    [InlineData("[aws]\nregion = 5\n", ":2:10: 'region': expected a text in quotes, not a whole number.")]
    [InlineData("[checkpoint]\nsave_interval = \"often\"\n", ":2:17: 'save_interval': 'often' is not a whole number from 1.")]
    [InlineData("[spot]\npoll_interval = \"soon\"\n", ":2:17: 'poll_interval': 'soon' is not a duration such as \"30s\" or \"2m\", or a number of seconds.")]
    [InlineData("[spot]\nauto_resume = \"yes\"\n", ":2:15: 'auto_resume': 'yes' is not true or false.")]
    [InlineData("[aws]\nsubnet_ids = \"subnet-1\"\n", ":2:14: 'subnet_ids': 'subnet-1' is not a list of texts such as [\"a\", \"b\"].")]
    [InlineData("aws = 3\n", ":1:7: expected a table [aws], not a whole number.")]
    public void A_wrong_type_is_an_error_with_its_place(string toml, string ending)
    {
        var error = Assert.Throws<RunctlException>(() => Read(toml));
        Assert.Equal("ConfigurationInvalid", error.Id);
        Assert.EndsWith(ending, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[aws\nregion = \"x\"\n", 1)]
    [InlineData("[aws]\nregion = us-east-1\n", 2)]
    [InlineData("[aws]\nregion = \"a\"\nregion = \"b\"\n", 3)]
    public void A_syntax_error_names_its_line(string toml, int line)
    {
        var error = Assert.Throws<RunctlException>(() => Read(toml));
        Assert.Equal("ConfigurationInvalid", error.Id);
        Assert.Contains($".runctl.toml:{line}:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_written_out_warns_without_its_value()
    {
        var read = Read("[training]\nenvironment = { WANDB_API_KEY = \"abc123secret\", DB_PASSWORD = \"ssm:/db\", MODE = \"x\" }\n");
        var warning = Assert.Single(read.Warnings);
        Assert.Contains("WANDB_API_KEY", warning, StringComparison.Ordinal);
        Assert.DoesNotContain("abc123secret", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_variable_of_the_wrong_form_is_named()
    {
        _environment["RUNCTL_GRACE_PERIOD"] = "a while";
        var error = Assert.Throws<RunctlException>(() => Read(""));
        Assert.Equal("SettingInvalid", error.Id);
        Assert.Contains("RUNCTL_GRACE_PERIOD", error.Message, StringComparison.Ordinal);
    }

    private RunctlConfiguration Read(string toml)
    {
        _directory.Write(".runctl.toml", toml);
        return ReadAt("");
    }

    private RunctlConfiguration ReadAt(string directory) =>
        new ConfigurationReader(new AdaptersRoot(), name => _environment.GetValueOrDefault(name)).Read(Path.Combine(_directory.Path, directory), new ConfigurationOverrides(_parameters, _session));
}
