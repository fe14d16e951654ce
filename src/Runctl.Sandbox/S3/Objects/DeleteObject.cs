using Runctl.Sandbox.S3.Storage;

namespace Runctl.Sandbox.S3.Objects;

/// <summary>DeleteObject.</summary>
internal static class DeleteObject
{
    /// <summary>Removes a key; the answer is the same where it was not there.</summary>
    public static Task HandleAsync(S3Call call, CancellationToken ct)
    {
        call.Bucket().Delete(call.Key, WriteCondition.Read(call.Option));
        return call.RespondAsync(204, [], ct);
    }
}
