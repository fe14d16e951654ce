using System.Management.Automation;
using System.Reflection;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Jobs;

namespace Runctl.PowerShell.Composition;

/// <summary>A cmdlet whose work can take long, and can be done by a job.</summary>
public abstract class BackgroundCmdlet : RunctlCmdlet
{
    private static readonly string[] OfTheInvocation =
    [
        nameof(AsJob), nameof(JobName), "WhatIf", "OutVariable", "OutBuffer", "PipelineVariable", "ErrorVariable", "WarningVariable", "InformationVariable",
    ];

    private readonly List<PSObject> _input = [];

    /// <summary>Does the work in the background and returns its job at once; Receive-Job shows what the command writes, Stop-Job is Ctrl+C. A job asks no questions: what would be confirmed needs -Confirm:$false. -WhatIf is answered at once.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <summary>Name of the job of -AsJob. Default: Runctl: with the verb and a number, for example Runctl:Resume4.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? JobName { get; set; }

    /// <inheritdoc/>
    private protected override bool StartsJob => AsJob && !IsWhatIf;

    private bool IsWhatIf => MyInvocation.BoundParameters.TryGetValue("WhatIf", out var given) ? given is SwitchParameter { IsPresent: true } : LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));

    /// <inheritdoc/>
    private protected override void CollectForJob()
    {
        if (MyInvocation.ExpectingInput)
        {
            _input.Add(JobInput.Of(GetType(), ParameterSetName, MyInvocation.BoundParameters.Where(bound => !GivenByUser.Contains(bound.Key))));
        }
    }

    /// <inheritdoc/>
    private protected override void StartJob()
    {
        var cmdlet = GetType().GetCustomAttribute<CmdletAttribute>()!;
        if (cmdlet.SupportsShouldProcess && WouldAsk(cmdlet.ConfirmImpact))
        {
            throw CommandErrors.JobCannotAsk(MyInvocation.MyCommand.Name);
        }

        var work = new JobWork
        {
            Command = new CmdletInfo($"{cmdlet.VerbName}-{cmdlet.NounName}", GetType()),
            Parameters = MyInvocation.BoundParameters
                .Where(bound => GivenByUser.Contains(bound.Key) && !OfTheInvocation.Contains(bound.Key, StringComparer.OrdinalIgnoreCase))
                .ToDictionary(bound => bound.Key, bound => (object?)bound.Value, StringComparer.OrdinalIgnoreCase),
            Input = MyInvocation.ExpectingInput ? _input : null,
            Location = CurrentDirectory,
            Variables = JobWork.Inherited.Select(name => KeyValuePair.Create(name, SessionState.PSVariable.GetValue(name))).Where(variable => variable.Value is not null).ToList(),
        };
        BackgroundWork.Screen ??= Host.UI is { } screen ? screen.WriteLine : null;
        var job = new RunctlJob(work, JobName, WarnAfterStop(), JobRepository);
        RunctlJobSourceAdapter.Add(JobManager, job);
        Session.Keep(job);
        job.Begin(Session);
        WriteObject(job);
    }

    private bool WouldAsk(ConfirmImpact impact) =>
        MyInvocation.BoundParameters.TryGetValue("Confirm", out var given) && given is SwitchParameter confirm ? confirm
        : GetVariableValue("ConfirmPreference") is ConfirmImpact preference && preference != ConfirmImpact.None && impact >= preference;
}
