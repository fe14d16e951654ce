using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Runctl.Ports;
using Runctl.Telling;

namespace Runctl.Adapters.Aws;

/// <summary>Tells the log of the current command of each try of each call, in all clients of the SDK: the one place.</summary>
internal sealed class CallTrace : PipelineHandler
{
    /// <summary>Adds it to every client that is made from now on, and has each wait before a repetition told.</summary>
    public static void Register() => RuntimePipelineCustomizerRegistry.Instance.Register(new Customizer());

    /// <inheritdoc/>
    public override void InvokeSync(IExecutionContext executionContext)
    {
        var began = TimeProvider.System.GetTimestamp();
        try
        {
            base.InvokeSync(executionContext);
        }
        catch (Exception e)
        {
            Tell(executionContext, began, e);
            throw;
        }

        Tell(executionContext, began, null);
    }

    /// <inheritdoc/>
    public override async Task<T> InvokeAsync<T>(IExecutionContext executionContext)
    {
        var began = TimeProvider.System.GetTimestamp();
        try
        {
            var answer = await base.InvokeAsync<T>(executionContext).ConfigureAwait(false);
            Tell(executionContext, began, null);
            return answer;
        }
        catch (Exception e)
        {
            Tell(executionContext, began, e);
            throw;
        }
    }

    private static void Tell(IExecutionContext context, long began, Exception? failure) => CommandLog.Current?.Called(new ServiceCall(
        ServiceNames.ServiceOf(context.RequestContext),
        ServiceNames.OperationOf(context.RequestContext),
        failure is null ? $"{(int)(context.ResponseContext.HttpResponse?.StatusCode ?? System.Net.HttpStatusCode.OK)}" : ServiceNames.ReasonOf(failure),
        failure is AmazonServiceException { RequestId: { Length: > 0 } failed } ? failed : context.ResponseContext.Response?.ResponseMetadata?.RequestId,
        TimeProvider.System.GetElapsedTime(began),
        context.RequestContext.Retries + 1,
        failure is not null));

    private sealed class Customizer : IRuntimePipelineCustomizer
    {
        public string UniqueName => "Runctl";

        public void Customize(Type type, RuntimePipeline pipeline)
        {
            var retries = pipeline.Handlers.OfType<RetryHandler>().Single();
            pipeline.ReplaceHandler<RetryHandler>(new RetryHandler(new ToldRetryPolicy(retries.RetryPolicy)));
            pipeline.AddHandlerAfter<Signer>(new CallTrace());
        }
    }
}
