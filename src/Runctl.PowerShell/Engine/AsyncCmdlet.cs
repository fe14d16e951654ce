using System.Collections;
using System.Management.Automation;
using Runctl.Errors;
using Runctl.PowerShell.Targets;
using Runctl.Progress;

namespace Runctl.PowerShell.Engine;

/// <summary>A cmdlet whose work is asynchronous: it may await, and write after it.</summary>
public abstract class AsyncCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private volatile bool _stopped;
    private EngineThread? _engine;
    private ProgressReporter? _progress;

    /// <summary>Cancelled by Ctrl+C, and by whatever else stops the pipeline.</summary>
    protected CancellationToken StopToken => _stopping.Token;

    /// <summary>Whether the command launches what has to be removed again when it is stopped.</summary>
    private protected virtual bool IsCostly => false;

    /// <summary>Takes progress from any thread.</summary>
    protected IProgress<ProgressUpdate> Progress => _progress ??= new ProgressReporter(WriteProgress, Post);

    /// <summary>Runs once before the first input.</summary>
    protected virtual Task BeginAsync() => Task.CompletedTask;

    /// <summary>Runs for each input.</summary>
    protected virtual Task ProcessAsync() => Task.CompletedTask;

    /// <summary>Runs once after the last input.</summary>
    protected virtual Task EndAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    protected sealed override void BeginProcessing() => Run(() =>
    {
        RequireTransmittable();
        return BeginAsync();
    });

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => Run(() =>
    {
        RequireTransmittable();
        return ProcessAsync();
    });

    /// <inheritdoc/>
    protected sealed override void EndProcessing() => Run(EndAsync);

    /// <inheritdoc/>
    protected sealed override void StopProcessing()
    {
        _stopped = true;
        _stopping.Cancel();
    }

    /// <summary>Writes an object; the rest of the pipeline runs within this call.</summary>
    protected new void WriteObject(object? value)
    {
        if (_engine is null)
        {
            base.WriteObject(value);
        }
        else
        {
            _engine.RunOutside(() => base.WriteObject(value));
        }
    }

    /// <summary>Writes the failure of one target; the command goes on with the next.</summary>
    protected void WriteError(RunctlException exception, object? target = null)
    {
        TraceService(exception);
        WriteError(ErrorRecords.From(exception, target));
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
    private protected Action<string> WarnAfterStop()
    {
        var screen = Host.UI;
        return message => screen.WriteWarningLine(message);
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
        try
        {
            _engine.Run(body, StopToken);
        }
        catch (Exception) when (_stopped)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception exception) when (ErrorRecords.Translate(exception) is { } translated)
        {
            TraceService(translated);
            ThrowTerminatingError(ErrorRecords.From(translated));
        }
        finally
        {
            _engine = null;
            _progress?.Complete();
        }
    }

    private void Post(Action action) => _engine?.Post(_ => action(), null);

    private void TraceService(RunctlException exception)
    {
        if (exception.ServiceErrorCode is not null || exception.RequestId is not null)
        {
            WriteDebug($"{exception.Id}: service error {exception.ServiceErrorCode ?? "unknown"}, request {exception.RequestId ?? "unknown"}");
        }
    }
}
