using Runctl.Errors;

namespace Runctl.Ports;

/// <summary>The account behind a connection.</summary>
internal static class CallerAccount
{
    /// <summary>Its twelve digits, or null where STS does not say.</summary>
    public static async Task<string?> FindAccountAsync(this ICloud cloud, CancellationToken cancellationToken)
    {
        try
        {
            return (await cloud.GetCallerAsync(cancellationToken).ConfigureAwait(false)).Split(':') is [_, _, _, _, { Length: > 0 } account, ..] ? account : null;
        }
        catch (RunctlException)
        {
            // It is a precaution: who may not ask STS, or does not reach it, can train all the same.
            return null;
        }
    }
}
