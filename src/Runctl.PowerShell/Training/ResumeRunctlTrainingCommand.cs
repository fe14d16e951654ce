using System.Collections;
using System.Management.Automation;
using Runctl.Configuration;
using Runctl.Monitoring;
using Runctl.PowerShell.Completion;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Instances;
using Runctl.PowerShell.Monitoring;
using Runctl.PowerShell.Targets;
using Runctl.Resuming;
using Runctl.Training;

namespace Runctl.PowerShell.Training;

/// <summary>Resumes a run where its instance lives, or on a replacement, from its newest good checkpoint and with its own code, arguments and environment.</summary>
/// <remarks>
/// If the instance of the run lives and is free, the run continues there, and no second one is launched beside it. If that instance cannot be used, the error
/// OwnInstanceUnusable says why. What is launched and run comes from the orders of the run, which the role of an instance cannot write. The confirmation shows
/// instance profile, security groups, image and setup command. LaunchDiffers: they differ from the lost instance, and the parameter that names them says which.
/// The cmdlet claims the run in S3 before it launches anything. If several sessions resume a run, one of them does; the others report it and launch nothing. A
/// resume that fails or is stopped leaves nothing running.
/// </remarks>
/// <example>
/// <code>$run | Resume-RunctlTraining</code>
/// <para>Continues from the newest checkpoint: on the instance of the run if that lives, or else on a replacement.</para>
/// </example>
/// <example>
/// <code>Resume-RunctlTraining i-0123456789abcdef0 -InstanceType g5.2xlarge, g6.2xlarge -WhatIf</code>
/// <para>Shows what would be launched in place of the lost instance, and from which checkpoint its training would go on.</para>
/// </example>
/// <parameter name="InstanceType">Instance types that will do. Default: those the run's instance was launched from.</parameter>
/// <parameter name="SubnetId">Subnets that will do. Default: as the run's instance was launched.</parameter>
/// <parameter name="SecurityGroupId">Security groups, by id. Default: as the orders of the run say; needed if the lost instance has others.</parameter>
/// <parameter name="IamInstanceProfile">Instance profile, by name. Default: as the orders of the run say; needed if the lost instance has another.</parameter>
/// <parameter name="ImageId">Image, by id. Default: as the orders of the run say; needed if the lost instance has another.</parameter>
/// <parameter name="MaxPrice">Highest price in US dollars an hour. Default: as the run's instance was launched.</parameter>
/// <parameter name="OnDemandFallback">Launches an on-demand instance when there is no spot capacity. Default: as the run's instance was launched.</parameter>
/// <parameter name="VolumeSize">Size of the root volume in GiB. Default: as the run's instance was launched.</parameter>
/// <parameter name="InterruptionBehavior">What EC2 does with the replacement when it takes it: Terminate, Stop or Hibernate. Default: as the run's instance was launched.</parameter>
/// <parameter name="Tag">Tags of the replacement, added to those of the run's instance.</parameter>
/// <parameter name="Timeout">Longest wait for the instance to become ready, once it is launched or back.</parameter>
[Cmdlet(VerbsLifecycle.Resume, "RunctlTraining", SupportsShouldProcess = true)]
[OutputType(typeof(RunctlTraining))]
public sealed class ResumeRunctlTrainingCommand : LaunchParametersCmdlet
{
    /// <summary>Ids of runs, or of the instances they are on; wildcards; or objects that have an id. Such objects are trainings, instances, checkpoints and events, also from JSON or CSV, and instances and reservations of AWS.Tools.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Training")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RunCompleter))]
    [Identity]
    public RunctlTarget[] RunId { get; set; } = [];

    /// <summary>Bucket of the run's checkpoints and records. Default: the training's own, then <c>s3_bucket</c> in .runctl.toml.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(BucketCompleter))]
    public string? S3Bucket { get; set; }

    /// <summary>
    /// Id of the instance to resume on. It has to run, and no other training may run on it. Default: the instance of the run if it lives and is free, else a replacement.
    /// A parameter that says what to launch launches it in any case.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    public string? InstanceId { get; set; }

    /// <summary>
    /// Whether a run whose instance EC2 stopped or hibernated goes on elsewhere (Replace), or there when EC2 starts it again (Wait), which may take days.
    /// From then on it counts for the run. Default: as the run was started.
    /// </summary>
    [Parameter]
    public RunctlStoppedInstance? StoppedInstance { get; set; }

    /// <summary>How often sessions resume the run automatically, at most; resumes so far count. From then on it counts for the run. Default: as the run was started.</summary>
    [Parameter]
    [Alias("MaxResumes")]
    [ValidateRange(0, 1000)]
    public int? MaxResumeCount { get; set; }

    /// <summary>Environment variables of the training, added to the run's own; from then on they are the run's. For secrets use ssm:/name or secretsmanager:arn as the value.</summary>
    [Parameter]
    public Hashtable? Environment { get; set; }

    /// <summary>Arguments for the script in place of the run's own; the resume arguments are added to them.</summary>
    [Parameter]
    [Alias("ScriptArgs")]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[]? ScriptArgument { get; set; }

    /// <summary>Brings today's working copy in place of the code the run was started with.</summary>
    [Parameter]
    public SwitchParameter SyncCode { get; set; }

    /// <summary>The project on this machine, for -SyncCode. Default: the nearest directory from the current location upwards with a .runctl.toml, else the top of its git work tree, else the current location.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ProjectDirectory { get; set; }

    /// <summary>Starts from the beginning if the run has no good checkpoint; without it that is an error.</summary>
    [Parameter]
    public SwitchParameter FromScratch { get; set; }

    /// <summary>
    /// Takes the run over from a session that has claimed it and is gone. Does not wait for a checkpoint that the old instance has not uploaded. A run that
    /// trains is never taken over.
    /// </summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Resumes the run again when it is interrupted again, as long as this session lives. Default: as the run was started.</summary>
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
        settings[nameof(RunctlConfiguration.S3Bucket)] = NullIfEmpty(S3Bucket);
        settings[nameof(RunctlConfiguration.PollInterval)] = PollInterval;
    }

    /// <inheritdoc/>
    protected override Task ProcessAsync() => ForEachRunAsync(RunId, (scope, targets) => new RunResolver(scope).ResolveAsync(targets, StopToken), async (scope, training) =>
    {
        if (AutoResume && NoMonitor)
        {
            throw CommandErrors.AutoResumeNeedsMonitor();
        }

        var resumer = new TrainingResumer(scope.Cloud, AdaptersLoader.Adapters, scope.Configuration, TimeProvider.System);
        var plan = await resumer.PlanAsync(RequestFor(training), StopToken);
        var resumesAgain = ResumesAgain(plan);
        foreach (var warning in plan.Warnings.Concat(Environment is null ? [] : TrainingVariables.Warnings(Environment)))
        {
            WriteWarning(warning);
        }

        if (!ShouldProcess(plan.Description, "Resume training"))
        {
            return;
        }

        var listener = new ResumeNotes(WarnAfterStop(), new HashSet<string>(plan.Warnings, StringComparer.Ordinal));
        RunctlTraining resumed;
        try
        {
            resumed = Session.Remember(await resumer.ResumeAsync(plan, listener, Progress, StopToken));
        }
        catch
        {
            listener.Flush();
            throw;
        }

        var later = listener.Take();
        foreach (var warning in later)
        {
            WriteWarning(warning);
        }

        var watching = scope with { Configuration = scope.Configuration with { AutoResume = resumesAgain } };
        WriteObject(resumed.With(copy => { copy.Warnings = [.. resumed.Warnings, .. later]; copy.MonitorJob = StartMonitor(watching, resumed)?.Name; }));
    });

    /// <summary>Whether the monitor resumes the run at its next interruption; an error if that was asked for and is not possible.</summary>
    private bool ResumesAgain(ResumePlan plan)
    {
        if (NoMonitor || !(IsBound(nameof(AutoResume)) ? AutoResume.IsPresent : plan.AutoResume))
        {
            return false;
        }

        if (AutoResumeCheck.Find(plan, plan.StoppedInstance) is not { } obstacle)
        {
            return true;
        }

        WriteWarning(AutoResume ? throw obstacle : AutoResumeCheck.Warning(obstacle));
        return false;
    }

    private ResumeRequest RequestFor(RunctlTraining training) => new()
    {
        RunId = training.RunId,
        FromScratch = FromScratch,
        Force = Force,
        InstanceTypes = InstanceType,
        SubnetIds = SubnetId,
        SecurityGroupIds = SecurityGroupId,
        IamInstanceProfile = IamInstanceProfile,
        ImageId = ImageId,
        MaxPrice = MaxPrice,
        OnDemandFallback = GivenOnDemandFallback,
        VolumeSizeGiB = VolumeSize,
        ScriptArguments = ScriptArgument,
        SyncFrom = SyncCode ? ProjectDirectory is { } directory ? FullPath(directory) : ProjectLocator.Find(Path.Combine(CurrentDirectory, training.Script), CurrentDirectory) : null,
        StoppedInstance = StoppedInstance,
        InstanceId = InstanceId,
        InterruptionBehavior = InterruptionBehavior,
        Tags = GivenTags,
        Environment = Environment is null ? null : TrainingVariables.Merge(new Dictionary<string, string>(), Environment),
        AutoResume = IsBound(nameof(AutoResume)) ? AutoResume.IsPresent : null,
        MaxResumes = MaxResumeCount,
        ReadyTimeout = Timeout,
    };

    private RunctlMonitorJob? StartMonitor(CommandScope scope, RunctlTraining training)
    {
        if (NoMonitor)
        {
            return null;
        }

        var job = RunctlMonitorJob.Start(Session.MonitorFor(scope.Cloud), new MonitorTarget(training, scope.Configuration.PollInterval), Resumers.For(scope, WarnAfterStop()));
        AddJob(job);
        return job;
    }
}
