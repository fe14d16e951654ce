using System.Collections;
using System.Management.Automation;
using Runctl.Errors;
using Runctl.PowerShell.Targets;
using Runctl.PowerShell.Views;
using Runctl.Progress;
using Runctl.Telling;

namespace Runctl.PowerShell.Engine;

/// <summary>A cmdlet whose work is asynchronous: it may await, and write after it.</summary>
public abstract class AsyncCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<string> _given = new(StringComparer.OrdinalIgnoreCase);
    private volatile bool _stopped;
    private volatile EngineThread? _engine;
    private ProgressReporter? _progress;
    private CommandOutputLog? _log;

    /// <summary>Cancelled by Ctrl+C, and by whatever else stops the pipeline.</summary>
    protected CancellationToken StopToken => _stopping.Token;

    /// <summary>Whether the command launches what has to be removed again when it is stopped.</summary>
    private protected virtual bool IsCostly => false;

    /// <summary>Names of the parameters that the user gave in the command, without those an object of the pipeline brings.</summary>
    private protected IReadOnlySet<string> GivenByUser => _given;

    /// <summary>Whether this invocation hands its work to a job instead of doing it.</summary>
    private protected virtual bool StartsJob => false;

    /// <summary>Takes progress from any thread.</summary>
    protected IProgress<ProgressUpdate> Progress => _progress ??= new ProgressReporter(WriteProgress, Post);

    /// <summary>Runs once before the first input.</summary>
    protected virtual Task BeginAsync() => Task.CompletedTask;

    /// <summary>Runs for each input.</summary>
    protected virtual Task ProcessAsync() => Task.CompletedTask;

    /// <summary>Runs once after the last input.</summary>
    protected virtual Task EndAsync() => Task.CompletedTask;

    /// <summary>Remembers what the pipeline has bound now, for the job.</summary>
    private protected virtual void CollectForJob()
    {
    }

    /// <summary>Starts the job with what was collected.</summary>
    private protected virtual void StartJob()
    {
    }

    /// <inheritdoc/>
    protected sealed override void BeginProcessing() => Run(() =>
    {
        // Nothing of a pipeline is bound yet.
        _given.UnionWith(MyInvocation.BoundParameters.Keys);
        RequireTransmittable();
        return StartsJob ? Task.CompletedTask : BeginAsync();
    });

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => Run(() =>
    {
        RequireTransmittable();
        if (!StartsJob)
        {
            return ProcessAsync();
        }

        CollectForJob();
        return Task.CompletedTask;
    });

    /// <inheritdoc/>
    protected sealed override void EndProcessing() => Run(() =>
    {
        if (!StartsJob)
        {
            return EndAsync();
        }

        StartJob();
        return Task.CompletedTask;
    });

    /// <inheritdoc/>
    protected sealed override void StopProcessing()
    {
        _stopped = true;
        _stopping.Cancel();
    }

    /// <summary>Writes an object; the rest of the pipeline runs within this call.</summary>
    protected new void WriteObject(object? value)
    {
        // The step is done, and the rest of the pipeline may take long.
        _progress?.Hide();
        ShortList.Apply(value);
        if (_engine is not { } engine)
        {
            base.WriteObject(value);
            return;
        }

        // What was decided and called for an object is read before the object.
        _log?.Flush();
        engine.RunOutside(() => base.WriteObject(value));
    }

    /// <summary>Writes a warning, from any thread and in order with the objects.</summary>
    private protected void Warn(string message)
    {
        if (_engine is not { } engine || SynchronizationContext.Current == engine)
        {
            WriteWarning(message);
        }
        else
        {
            engine.TryPost(() => WriteWarning(message));
        }
    }

    /// <summary>Asks, if the preferences say so, whether to act.</summary>
    protected new bool ShouldProcess(string target, string action) => Ask(() => base.ShouldProcess(target, action), "-Confirm:$false");

    /// <summary>Asks whether to do what only -Force does without a question.</summary>
    protected new bool ShouldContinue(string query, string caption) => Ask(() => base.ShouldContinue(query, caption), "-Force");

    /// <summary>Asks. PowerShell's own host fails at a question whose answer it cannot read.</summary>
    private bool Ask(Func<bool> question, string remedy)
    {
        try
        {
            return question();
        }
        catch (Exception e) when (e is NullReferenceException or PSInvalidOperationException)
        {
            throw CommandErrors.ConfirmationImpossible(MyInvocation.MyCommand.Name, remedy, e);
        }
    }

    /// <summary>Tells a decision and its reason to -Verbose.</summary>
    private protected static void Decided(string message) => CommandLog.Decided(message);

    /// <summary>What is shown for a failure of this command; more than the failure itself, if the command knows more.</summary>
    private protected virtual RunctlException Explain(RunctlException failure) => failure;

    /// <summary>Writes the failure of one target; the command goes on with the next.</summary>
    protected void WriteError(RunctlException exception, object? target = null)
    {
        _log?.Flush();
        foreach (var failure in exception.Others.Prepend(exception))
        {
            WriteError(ErrorRecords.From(Explain(failure), target));
        }
    }

    /// <summary>Runs a body for one target, whose failure does not end the command.</summary>
    protected async Task ForTargetAsync(object? target, Func<Task> body)
    {
        try
        {
            await body();
        }
        catch (RunctlException exception)
        {
            WriteError(exception, target);
        }
    }

    /// <summary>Makes something that warns from any thread, even once the pipeline was stopped and takes nothing any more. Called on the engine's thread.</summary>
    private protected virtual Action<string> WarnAfterStop()
    {
        var screen = Host.UI;
        return message => screen?.WriteWarningLine(message);
    }

    /// <summary>Releases what the cmdlet holds.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the cmdlet holds.</summary>
    /// <param name="disposing">Whether it is called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            // A command downstream may have had enough (Select-Object -First): nobody calls StopProcessing then.
            _stopping.Cancel();
            _progress?.Dispose();
            _log?.Dispose();
            _stopping.Dispose();
        }
    }

    /// <summary>No text of a parameter may arrive somewhere as another.</summary>
    private void RequireTransmittable()
    {
        foreach (var (name, value) in MyInvocation.BoundParameters)
        {
            foreach (var text in TextsOf(value))
            {
                Transmittable.Require($"The value of -{name}", text);
            }
        }
    }

    private static IEnumerable<string> TextsOf(object? value) => value switch
    {
        string text => [text],
        PSObject { BaseObject: not PSCustomObject } wrapped => TextsOf(wrapped.BaseObject),
        IDictionary table => table.Cast<DictionaryEntry>().SelectMany(entry => TextsOf(entry.Key).Concat(TextsOf(entry.Value))),
        string?[] texts => texts.OfType<string>(),
        Uri address => [address.OriginalString],
        RunctlTarget[] targets => targets.Select(target => target.Id),
        _ => [],
    };

    private void Run(Func<Task> body)
    {
        _engine = new EngineThread(_stopping.Cancel, IsCostly);
        _log ??= new CommandOutputLog(WriteDecision, WriteDebug, WriteProgress, Post);
        using var log = CommandLog.Use(_log);
        try
        {
            _engine.Run(body, StopToken);
            _log.Flush();
        }
        catch (Exception) when (_stopped)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception exception) when (ErrorRecords.Translate(exception) is { } translated)
        {
            _log.Flush();
            foreach (var other in translated.Others)
            {
                WriteError(ErrorRecords.From(Explain(other)));
            }

            ThrowTerminatingError(ErrorRecords.From(Explain(translated)));
        }
        finally
        {
            _engine = null;
            _progress?.Complete();
            _log.CompleteProgress();
        }
    }

    // With -Debug alone the engine would ask about each verbose line whether to continue.
    private void WriteDecision(string line)
    {
        if (!MyInvocation.BoundParameters.ContainsKey("Debug") || MyInvocation.BoundParameters.ContainsKey("Verbose"))
        {
            WriteVerbose(line);
        }
    }

    private void Post(Action action) => _engine?.TryPost(action);
}
