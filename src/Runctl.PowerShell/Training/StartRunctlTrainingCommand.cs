using System.Collections;
using System.Management.Automation;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.PowerShell.Completion;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Instances;
using Runctl.PowerShell.Monitoring;
using Runctl.PowerShell.Targets;
using Runctl.Training;

namespace Runctl.PowerShell.Training;

/// <summary>Starts a training, guarded against interruption: on an instance that runs, or on one that is launched for it.</summary>
/// <remarks>
/// <para>With -InstanceId, or with an instance from the pipeline, the training starts there. With -InstanceType, or another parameter of a launch, Runctl launches a spot instance for it.</para>
/// <para>Before a launch Runctl checks what costs nothing: script, project, settings, bucket, region, credentials, instance profile, image, network, types and price. Then it launches, waits until the instance is ready, and starts. Quotas and capacity show at the launch, which costs nothing if EC2 refuses it.</para>
/// <para>Without -SyncCode an image has to bring the code to a new instance: name it with -ImageId, or ami in .runctl.toml.</para>
/// <para>If the start fails or is stopped, Runctl removes the instance. If that fails, or with -KeepInstance, the error says what the instance costs and how to remove it. If a script ends in an error in its first seconds, the cmdlet returns the failed training beside the error, and its instance stays for the next try.</para>
/// <para>A guard on the instance watches for interruptions every second, whether this session lives or not. The monitor job reports events, restarts a guard that died, and resumes the run with -AutoResume. Get-Job and Receive-Job show it.</para>
/// </remarks>
/// <example>
/// <code>$run = Start-RunctlTraining ./training/train.py -InstanceType g5.xlarge, g4dn.xlarge -SyncCode -AutoResume</code>
/// <para>Checks everything, launches one spot instance of either type, sends the project there and trains.</para>
/// </example>
/// <example>
/// <code>$run = $instance | Start-RunctlTraining ./training/train.py -SyncCode -ScriptArgument '--epochs', 20</code>
/// <para>Sends the project to an instance that runs, and trains.</para>
/// </example>
/// <example>
/// <code>Get-RunctlCheckpoint -RunId $run.RunId -Latest | Start-RunctlTraining ./training/train.py -InstanceId $new.InstanceId -SyncCode</code>
/// <para>Continues from the newest checkpoint on another instance.</para>
/// </example>
[Cmdlet(VerbsLifecycle.Start, "RunctlTraining", SupportsShouldProcess = true)]
[OutputType(typeof(RunctlTraining))]
public sealed class StartRunctlTrainingCommand : LaunchCmdlet
{
    /// <summary>Path of the training script on this machine, inside the project.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Script { get; set; } = "";

    /// <summary>Instance to train on: its id, or an object that has one; a run means the instance it is on now. Without it, -InstanceType or another parameter of a launch has an instance launched.</summary>
    [Parameter(Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    [Identity(IsSingle = true)]
    public RunctlTarget? InstanceId { get; set; }

    /// <summary>Keeps the instance that was launched for a start that failed, to look at it. The error says what it costs.</summary>
    [Parameter]
    public SwitchParameter KeepInstance { get; set; }

    /// <summary>Arguments for the script, each passed as it is.</summary>
    [Parameter]
    [Alias("ScriptArgs")]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[] ScriptArgument { get; set; } = [];

    /// <summary>Brings the project's files to the instance first: what git knows or would add, checked-out submodules included, without ignored files. A .runctlignore leaves out more, by the rules of .gitignore, tracked files too. What stays behind without being ignored is a warning.</summary>
    [Parameter]
    public SwitchParameter SyncCode { get; set; }

    /// <summary>The project on this machine. Default: the nearest directory from the script upwards with a .runctl.toml, else the top of its git work tree, else the current location.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ProjectDirectory { get; set; }

    /// <summary>Where the script saves checkpoints, relative to the project. Default: <c>dir</c> under [checkpoint] in .runctl.toml, then checkpoints.</summary>
    [Parameter]
    [Alias("CheckpointDir")]
    [ValidateNotNullOrEmpty]
    public string? CheckpointDirectory { get; set; }

    /// <summary>Bucket for checkpoints, code and records. Default: <c>s3_bucket</c> in .runctl.toml.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(BucketCompleter))]
    public string? S3Bucket { get; set; }

    /// <summary>Prefix of checkpoints in the bucket. Default: <c>s3_prefix</c> in .runctl.toml, then checkpoints/spot-interruptions.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? S3Prefix { get; set; }

    /// <summary>Checkpoint to begin from: a checkpoint or a drill report as the cmdlets return them, an S3 URI, or a local path. A training, also from JSON or Clixml, or a run id means the newest checkpoint that the run has now.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Manifest", "Checkpoint")]
    public object? ResumeFrom { get; set; }

    /// <summary>keep or terminate: what happens to the instance when the training has ended. Default: <c>on_exit</c> in .runctl.toml, then keep.</summary>
    [Parameter]
    [ValidateSet("keep", "terminate")]
    public string? OnExit { get; set; }

    /// <summary>Environment variables of the training, added to those in .runctl.toml. For secrets use ssm:/name or secretsmanager:arn as the value.</summary>
    [Parameter]
    public Hashtable? Environment { get; set; }

    /// <summary>Resumes the run on a replacement when it is interrupted, as long as this session lives. Needs a bucket and -SyncCode. Default: <c>auto_resume</c> in .runctl.toml.</summary>
    [Parameter]
    public SwitchParameter AutoResume { get; set; }

    /// <summary>Starts no monitor job; the guard on the instance does its work all the same.</summary>
    [Parameter]
    public SwitchParameter NoMonitor { get; set; }

    /// <summary>How often the monitor job asks. Default: <c>poll_interval</c> in .runctl.toml, then 30 s.</summary>
    [Parameter]
    [Duration("100ms", "1h")]
    public TimeSpan? PollInterval { get; set; }

    /// <inheritdoc/>
    private protected override bool UsesProject => true;

    /// <inheritdoc/>
    private protected override void AddSettings(IDictionary<string, object?> settings)
    {
        base.AddSettings(settings);
        settings[nameof(RunctlConfiguration.CheckpointDirectory)] = CheckpointDirectory;
        settings[nameof(RunctlConfiguration.S3Bucket)] = NullIfEmpty(S3Bucket);
        settings[nameof(RunctlConfiguration.S3Prefix)] = NullIfEmpty(S3Prefix);
        settings[nameof(RunctlConfiguration.OnExit)] = OnExit;
        settings[nameof(RunctlConfiguration.PollInterval)] = PollInterval;
        settings[nameof(RunctlConfiguration.AutoResume)] = IsBound(nameof(AutoResume)) ? AutoResume.IsPresent : null;
    }

    /// <inheritdoc/>
    protected override Task ProcessAsync() => ForTargetAsync(InstanceId is { Id.Length: > 0 } named ? named.Id : Script, async () =>
    {
        if (AutoResume && NoMonitor)
        {
            throw CommandErrors.AutoResumeNeedsMonitor();
        }

        var (place, point, request) = (FindPlace(), ReadResumePoint(), ReadRequest());
        var scope = At(place, () => OpenScope(Complete(ReadConfiguration(request.ProjectDirectory))));
        request = request with { ResumeFrom = point is null ? null : await FindCheckpointAsync(scope, point, request.ProjectDirectory) };
        request = place is null ? request with { NewInstance = RequestFor(scope.Configuration) } : On(await FindInstanceAsync(scope, place), request);
        var starter = new TrainingStarter(scope.Cloud, AdaptersLoader.Adapters, TimeProvider.System) { OnLeftovers = WarnAfterStop() };
        var plan = await starter.PlanAsync(request, scope.Configuration, StopToken, Progress);
        foreach (var warning in plan.Warnings.Concat(Environment is null ? [] : TrainingVariables.Warnings(Environment)))
        {
            WriteWarning(warning);
        }

        if (!ShouldProcess(plan.Description, plan.Launch is null ? "Start training" : "Launch an instance and start training"))
        {
            return;
        }

        if (plan.Retention is { } kept)
        {
            WriteInformation(new HostInformationMessage { Message = kept + "." }, ["PSHOST", "Runctl"]);
        }

        var outcome = await starter.StartAsync(plan, Progress, StopToken);
        if (plan.Launch is { } launch)
        {
            Session.Remember(outcome.Instance, launch.Request);
        }

        var training = Session.Remember(outcome.Training);
        if (outcome.Failure is { } failure)
        {
            WriteObject(training);
            WriteError(failure, training.RunId);
            return;
        }

        WriteObject(training.With(copy => copy.MonitorJob = StartMonitor(scope, plan.Configuration, outcome)?.Name));
    });

    private StartRequest ReadRequest()
    {
        var script = FullPath(Script);
        return new StartRequest
        {
            ReadyTimeout = Timeout,
            KeepInstance = KeepInstance,
            ScriptPath = script,
            ProjectDirectory = ProjectDirectory is { } directory ? FullPath(directory) : ProjectLocator.Find(script, CurrentDirectory),
            ScriptArguments = ScriptArgument,
            SyncCode = SyncCode,
            InsistsOnAutoResume = AutoResume,
        };
    }

    private ResumePoint? ReadResumePoint() => !IsBound(nameof(ResumeFrom)) ? null
        : ResumePoint.Of(ResumeFrom, FullPath, !IsGivenByUser(nameof(ResumeFrom)), IsGivenByUser(nameof(InstanceId)) ? null : InstanceId);

    /// <summary>What to begin from. A run is looked for where its object was found.</summary>
    private async Task<string> FindCheckpointAsync(CommandScope scope, ResumePoint point, string projectDirectory)
    {
        var resolver = new CheckpointResolver(point.Run?.Source is null ? scope : At(point.Run, () => OpenScope(ReadConfiguration(projectDirectory))));
        try
        {
            return await point.FindAsync(resolver, StopToken);
        }
        finally
        {
            foreach (var refused in resolver.Refused)
            {
                WriteWarning(refused.Message);
            }
        }
    }

    private StartRequest On(string instanceId, StartRequest request) => request with { InstanceId = instanceId, Launch = Session.LaunchOf(instanceId) };

    /// <summary>The id of an instance as it is, which the start itself looks up; of anything else the instance that it is on.</summary>
    private async Task<string> FindInstanceAsync(CommandScope scope, RunctlTarget place)
    {
        if (place.InstanceId is { } id)
        {
            return id;
        }

        var found = await new InstanceResolver(scope).ResolveAsync([place], StopToken);
        return found is [var only] ? only.Value?.InstanceId ?? throw only.Error! : throw CommandErrors.NotOneInstance(place.Id, found.Count);
    }

    /// <summary>What names the instance; null if one is to be launched.</summary>
    private RunctlTarget? FindPlace()
    {
        if (InstanceId is { NamesInstanceType: true })
        {
            throw CommandErrors.InstanceTypeNotNamed(InstanceId.Id.ToLowerInvariant());
        }

        if (GivenLaunchParameter is not { } parameter)
        {
            var place = InstanceId ?? throw RunctlErrors.NoPlaceToTrain();
            return place.Kind != TargetKind.Nothing ? place : throw (IsGivenByUser(nameof(InstanceId)) ? CommandErrors.TargetMissing(place) : RunctlErrors.NoPlaceToTrain());
        }

        // A checkpoint in the pipeline brings the instance that it was saved on, which is not the place to train.
        var isMeant = IsGivenByUser(nameof(InstanceId)) || !IsBound(nameof(ResumeFrom));
        return InstanceId is { Kind: not TargetKind.Nothing } named && isMeant ? throw RunctlErrors.TwoPlacesToTrain(named.Id, parameter) : null;
    }

    private RunctlConfiguration Complete(RunctlConfiguration configuration) => Environment is null ? configuration : configuration with
    {
        TrainingEnvironment = TrainingVariables.Merge(configuration.TrainingEnvironment, Environment),
    };

    private RunctlMonitorJob? StartMonitor(CommandScope scope, RunctlConfiguration configuration, StartOutcome outcome)
    {
        if (NoMonitor)
        {
            return null;
        }

        var training = outcome.Training;
        if (!outcome.Instance.IsSpot)
        {
            WriteWarning($"Instance {training.InstanceId} is not a spot instance: there is no interruption to wait for, and no monitor job was started.");
            return null;
        }

        var job = RunctlMonitorJob.Start(Session.MonitorFor(scope.Cloud), new(Session.Remember(training), scope.Configuration.PollInterval), Resumers.For(scope with { Configuration = configuration }, WarnAfterStop()));
        AddJob(job);
        return job;
    }
}
