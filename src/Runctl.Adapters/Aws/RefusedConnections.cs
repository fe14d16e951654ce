using System.Net.Sockets;
using Amazon.Runtime;
using Amazon.Runtime.Internal;

namespace Runctl.Adapters.Aws;

/// <summary>
/// Ends the tries of a call at the second refused connection. The SDK would try six times, over 19 s: right for a network that breaks, and no help if nothing listens.
/// </summary>
internal sealed class RefusedConnections : PipelineHandler
{
    private const int MostRetries = 1;

    /// <summary>Has every client of the SDK do so. Called once, before the first client is made.</summary>
    public static void Install() => RuntimePipelineCustomizerRegistry.Instance.Register(new Customizer());

    /// <summary>Whether a failure is that nothing listens.</summary>
    public static bool Caused(Exception? e)
    {
        while (e is not null and not SocketException { SocketErrorCode: SocketError.ConnectionRefused } and not ConnectionRefusedException)
        {
            e = e.InnerException;
        }

        return e is not null;
    }

    /// <inheritdoc/>
    public override async Task<T> InvokeAsync<T>(IExecutionContext executionContext)
    {
        try
        {
            return await base.InvokeAsync<T>(executionContext).ConfigureAwait(false);
        }
        catch (Exception e) when (executionContext.RequestContext.Retries >= MostRetries && Caused(e))
        {
            // Without an inner exception, by which the SDK decides to try again.
            throw new ConnectionRefusedException(e.Message);
        }
    }

    private sealed class Customizer : IRuntimePipelineCustomizer
    {
        public string UniqueName => nameof(RefusedConnections);

        public void Customize(Type type, RuntimePipeline pipeline) => pipeline.AddHandlerAfter<RetryHandler>(new RefusedConnections());
    }
}
