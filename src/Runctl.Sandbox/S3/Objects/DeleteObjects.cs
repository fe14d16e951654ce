using System.Xml.Linq;
using Runctl.Sandbox.S3.Storage;

namespace Runctl.Sandbox.S3.Objects;

/// <summary>DeleteObjects.</summary>
internal static class DeleteObjects
{
    private const int MaxKeys = 1000;

    /// <summary>Removes up to a thousand keys; each has an outcome of its own.</summary>
    public static async Task HandleAsync(S3Call call, CancellationToken ct)
    {
        var bucket = call.Bucket();
        var (document, declared) = await call.ReadDocumentAsync(ct).ConfigureAwait(false);
        if (!declared.Any)
        {
            throw S3Errors.InvalidRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
        }

        var request = S3Xml.Read(document, "Delete");
        var objects = request.Elements("Object").ToList();
        if (objects.Count is 0 or > MaxKeys || objects.Any(item => item.Element("Key") is null))
        {
            throw S3Errors.MalformedXml();
        }

        var quiet = (string?)request.Element("Quiet") == "true";
        var outcomes = objects
            .Select(item => Delete(call, bucket, item.Element("Key")!.Value, item.Element("ETag")?.Value))
            .Where(outcome => !quiet || outcome.Name == "Error")
            .ToList();
        await call.RespondAsync(new XElement("DeleteResult", outcomes), ct).ConfigureAwait(false);
    }

    private static XElement Delete(S3Call call, Bucket bucket, string key, string? etag)
    {
        try
        {
            if (!call.State.Access.Allows(call.Signed.Principal, S3Access.Delete(bucket.Name, key)))
            {
                throw S3Errors.AccessDenied();
            }

            bucket.Delete(key, new WriteCondition(MustBeNew: false, etag?.Trim('"')));
            return new XElement("Deleted", new XElement("Key", key));
        }
        catch (S3Exception e)
        {
            return new XElement("Error",
                new XElement("Key", key), new XElement("Code", e.Error.Code), new XElement("Message", e.Message));
        }
    }
}
