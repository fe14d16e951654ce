using System.Management.Automation;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.PowerShell.Completion;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Targets;
using Runctl.Training;

namespace Runctl.PowerShell.Instances;

/// <summary>A cmdlet that stops, starts or removes instances: Runctl's own, and others only where their ids are given by hand.</summary>
/// <remarks>A derived cmdlet overrides <see cref="ActAsync"/>, which is called for each instance that a target means (<see cref="InstanceResolver"/>); a run means the instance it is on.</remarks>
public abstract class InstanceActionCmdlet : BackgroundCmdlet
{
    private readonly List<(string InstanceId, Task<RunctlInstance> Done)> _waits = [];
    private bool _isDeclined;
    private string? _wanted;

    /// <summary>Ids of the instances, or of the runs that are on them; wildcards, which match instances of Runctl only; or objects that have an id. Such objects are instances and trainings, also from JSON or CSV, and instances and reservations of AWS.Tools. The cmdlet refuses an instance that Runctl did not launch if it comes through the pipeline. If its id is typed, the cmdlet asks, unless -Force is used.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    [Identity]
    public RunctlTarget[] InstanceId { get; set; } = [];

    /// <summary>Waits until it is done.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>Longest wait of -Wait.</summary>
    [Parameter]
    [Duration("1s", "12h")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Whether -Force was given.</summary>
    private protected abstract bool IsForced { get; }

    /// <summary>What is done to an instance, as the question of -Confirm has it.</summary>
    private protected abstract string Action { get; }

    /// <summary>Checks, asks and acts on one instance.</summary>
    /// <param name="scope">Settings and connection.</param>
    /// <param name="power">What acts.</param>
    /// <param name="instance">The instance.</param>
    /// <param name="runId">The run that the user named, or null if the user named the instance.</param>
    private protected abstract Task ActAsync(CommandScope scope, InstancePower power, RunctlInstance instance, string? runId);

    /// <summary>Acts on a run that is on no instance now.</summary>
    /// <param name="runId">The run that the user named, or null if the user named an instance.</param>
    /// <param name="error">Why there is no instance.</param>
    private protected virtual Task ActWithoutInstanceAsync(string? runId, RunctlException error) => throw error;

    /// <inheritdoc/>
    protected override Task ProcessAsync() => ForEachPlaceAsync(InstanceId, async (scope, here) =>
    {
        foreach (var found in await new InstanceResolver(scope) { OnRun = run => Session.Remember(run) }.ResolveAsync(here, StopToken))
        {
            await ForTargetAsync(found.Value?.InstanceId ?? found.Target.Id, () =>
            {
                if (found.Value is not { } instance)
                {
                    return ActWithoutInstanceAsync(found.Target.RunId, found.Error!);
                }

                // A user that has declined one may have declined all: then nothing is checked any more, and nothing fails.
                if (_isDeclined && !IsWanted(instance))
                {
                    return Task.CompletedTask;
                }

                RefuseForeign(instance);
                return ActAsync(scope, new InstancePower(scope.Cloud, scope.Configuration, TimeProvider.System), instance, found.Target.RunId);
            });
        }
    });

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        foreach (var (id, done) in _waits)
        {
            await ForTargetAsync(id, async () => Write(await done));
        }
    }

    /// <summary>Writes an instance that is as it should be; removed ones are not written.</summary>
    private protected virtual void Write(RunctlInstance instance) => WriteObject(instance);

    /// <summary>Writes the instance when it is done: at the end where -Wait is given, several of them waited for together.</summary>
    private protected void WriteWhenDone(RunctlInstance instance, Func<Task<RunctlInstance>> wait)
    {
        if (Wait)
        {
            _waits.Add((instance.InstanceId, wait()));
        }
        else
        {
            Write(instance);
        }
    }

    /// <summary>Asks whether to act, and once more where the instance is not ours.</summary>
    private protected bool IsWanted(RunctlInstance instance)
    {
        if (_wanted == instance.InstanceId)
        {
            return true;
        }

        var isWanted = ShouldProcess($"{instance.InstanceId} ({instance.InstanceType} in {instance.AvailabilityZone ?? instance.Region})", Action)
            && (instance.IsManaged || IsForced || ShouldContinue($"{instance.InstanceId} was not launched by Runctl. {Action}?", "Not launched by Runctl"));
        _wanted = isWanted ? instance.InstanceId : null;
        _isDeclined |= !isWanted && !IsWhatIf;
        return isWanted;
    }

    private bool IsWhatIf => MyInvocation.BoundParameters.TryGetValue("WhatIf", out var given) ? (SwitchParameter)given : LanguagePrimitives.IsTrue(SessionState.PSVariable.GetValue("WhatIfPreference"));

    /// <summary>The trainings on it, which have to be saved first; an error where there are any and -Force is not given.</summary>
    private protected async Task<IReadOnlyList<RunctlTraining>> FindTrainingsAsync(InstancePower power, RunctlInstance instance)
    {
        try
        {
            var trainings = await power.FindTrainingsAsync(instance, StopToken);
            return trainings.Count == 0 || IsForced ? trainings : throw RunctlErrors.TrainingOnInstance(instance.InstanceId, string.Join(", ", trainings.Select(t => t.RunId)));
        }
        catch (RunctlException e) when (IsForced && e.Id != ErrorIds.TrainingOnInstance)
        {
            WriteWarning($"{e.Message} Runctl continues because of -Force; the guard saves while the machine shuts down, if there is time.");
            return [];
        }
    }

    /// <summary>Has the trainings save and end.</summary>
    private protected async Task SaveAsync(InstancePower power, IEnumerable<RunctlTraining> trainings, bool keepsDisk)
    {
        foreach (var training in trainings)
        {
            Progress.Report(new($"Saving {training.RunId}", $"The training on {training.InstanceId} saves its checkpoint"));
            await power.SaveAsync(training, keepsDisk, StopToken);
        }
    }

    // -Confirm:$false says that nobody is to be asked; without -Force nobody has allowed it then.
    private void RefuseForeign(RunctlInstance instance)
    {
        var nobodyToAsk = MyInvocation.BoundParameters.TryGetValue("Confirm", out var confirm) && confirm is SwitchParameter { IsPresent: false };
        if (!instance.IsManaged && (!IsGivenByUser(nameof(InstanceId)) || (nobodyToAsk && !IsForced)))
        {
            throw RunctlErrors.InstanceNotManaged(instance.InstanceId);
        }
    }
}
