using Amazon.Runtime;
using Runctl.Ports;
using Runctl.Telling;

namespace Runctl.Adapters.Aws;

/// <summary>
/// Decides on repetitions as the policy of a client does, and tells each wait before it begins. An endpoint that refuses the connection is asked twice only:
/// nothing listens there, and a command that waits for a service asks again later.
/// </summary>
internal sealed class ToldRetryPolicy(RetryPolicy inner) : RetryPolicy
{
    private const double LongestWait = 20;

    private readonly System.Runtime.CompilerServices.ConditionalWeakTable<IExecutionContext, Exception> _failures = [];

    /// <inheritdoc/>
    public override ICollection<string> ThrottlingErrorCodes => inner.ThrottlingErrorCodes;

    /// <inheritdoc/>
    public override bool CanRetry(IExecutionContext executionContext) => inner.CanRetry(executionContext);

    /// <inheritdoc/>
    public override bool RetryForException(IExecutionContext executionContext, Exception exception) =>
        MayHelp(executionContext, exception) && inner.RetryForException(executionContext, exception);

    /// <inheritdoc/>
    public override async Task<bool> RetryForExceptionAsync(IExecutionContext executionContext, Exception exception) =>
        MayHelp(executionContext, exception) && await inner.RetryForExceptionAsync(executionContext, exception).ConfigureAwait(false);

    /// <inheritdoc/>
    public override bool RetryLimitReached(IExecutionContext executionContext) => inner.RetryLimitReached(executionContext);

    /// <inheritdoc/>
    public override void WaitBeforeRetry(IExecutionContext executionContext) => Task.Run(() => WaitBeforeRetryAsync(executionContext)).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override async Task WaitBeforeRetryAsync(IExecutionContext executionContext)
    {
        var call = executionContext.RequestContext;
        // As the standard of all AWS SDKs has it: anywhere up to a limit that doubles.
        var wait = TimeSpan.FromSeconds(Math.Min(LongestWait, Math.Pow(2, call.Retries - 1)) * Random.Shared.NextDouble());
        if (_failures.TryGetValue(executionContext, out var failure))
        {
            CommandLog.Current?.Waits(new ServiceRetry(ServiceNames.ServiceOf(call), ServiceNames.OperationOf(call), ServiceNames.ReasonOf(failure), wait, call.Retries + 1));
        }

        await Task.Delay(wait, call.CancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override void NotifySuccess(IExecutionContext executionContext) => inner.NotifySuccess(executionContext);

    /// <inheritdoc/>
    public override void NotifyError(IExecutionContext executionContext, Exception exception) => inner.NotifyError(executionContext, exception);

    /// <inheritdoc/>
    public override bool OnRetry(IExecutionContext executionContext) => inner.OnRetry(executionContext);

    /// <inheritdoc/>
    public override bool OnRetry(IExecutionContext executionContext, bool bypassAcquireCapacity) => inner.OnRetry(executionContext, bypassAcquireCapacity);

    /// <inheritdoc/>
    public override bool OnRetry(IExecutionContext executionContext, bool bypassAcquireCapacity, bool isThrottlingError) =>
        inner.OnRetry(executionContext, bypassAcquireCapacity, isThrottlingError);

    /// <inheritdoc/>
    public override void ObtainSendToken(IExecutionContext executionContext, Exception exception) => inner.ObtainSendToken(executionContext, exception);

    /// <inheritdoc/>
    public override Task ObtainSendTokenAsync(IExecutionContext executionContext, Exception exception) => inner.ObtainSendTokenAsync(executionContext, exception);

    /// <inheritdoc/>
    public override bool IsThrottlingError(Exception exception) => inner.IsThrottlingError(exception);

    /// <inheritdoc/>
    public override bool IsStaleConnectionError(Exception exception) => inner.IsStaleConnectionError(exception);

    /// <inheritdoc/>
    public override bool IsTransientError(IExecutionContext executionContext, Exception exception) => inner.IsTransientError(executionContext, exception);

    /// <inheritdoc/>
    public override bool IsServiceTimeoutError(Exception exception) => inner.IsServiceTimeoutError(exception);

    private bool MayHelp(IExecutionContext context, Exception failure)
    {
        _failures.AddOrUpdate(context, failure);
        return context.RequestContext.Retries == 0 || !ServiceNames.IsRefused(failure);
    }
}
