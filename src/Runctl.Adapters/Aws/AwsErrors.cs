using System.Net;
using Amazon.Runtime;
using Runctl.Errors;

namespace Runctl.Adapters.Aws;

/// <summary>The one place where the SDK's exceptions become Runctl's, with code and request id kept.</summary>
internal static class AwsErrors
{
    /// <summary>Makes a call and translates its failures.</summary>
    public static async Task<T> CallAsync<T>(string service, string operation, string endpoint, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (AmazonServiceException e)
        {
            throw Translate(service, operation, endpoint, e);
        }
        catch (AmazonClientException e) when (Find<AmazonServiceException>(e) is { } cause)
        {
            throw Translate(service, operation, endpoint, cause);
        }
        catch (AmazonClientException e)
        {
            throw Find<RunctlException>(e) ?? Unanswered(service, operation, endpoint, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or WebException or TimeoutException or ConnectionRefusedException)
        {
            throw Unanswered(service, operation, endpoint, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unanswered(service, operation, endpoint, e);
        }
    }

    /// <summary>A refused connection is an answer; the others are none.</summary>
    private static RunctlException Unanswered(string service, string operation, string endpoint, Exception e) =>
        RefusedConnections.Caused(e) ? RunctlErrors.ConnectionRefused(service, operation, endpoint, e) : RunctlErrors.ConnectionFailed(service, operation, endpoint, e);

    private static RunctlException Translate(string service, string operation, string endpoint, AmazonServiceException e)
    {
        var code = string.IsNullOrEmpty(e.ErrorCode) ? (int)e.StatusCode == 0 ? null : e.StatusCode.ToString() : e.ErrorCode;
        if (code is null || e.InnerException is HttpRequestException)
        {
            return Find<RunctlException>(e) ?? Unanswered(service, operation, endpoint, e.InnerException ?? e);
        }

        var known = ServiceRefusal.Find(code, e.Message);
        var failed = (int)e.StatusCode >= 500;
        var transient = known?.IsTransient == true || failed || e.StatusCode == HttpStatusCode.TooManyRequests;
        return RunctlErrors.Service(service, operation, code, e.Message, known?.Kind ?? (failed ? ErrorKind.Connection : ErrorKind.InvalidInput), e.RequestId, transient, known?.Action, e);
    }

    private static T? Find<T>(Exception? e)
        where T : Exception
    {
        while (e is not null and not T)
        {
            e = e.InnerException;
        }

        return e as T;
    }
}
