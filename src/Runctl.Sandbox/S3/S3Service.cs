using System.Security.Cryptography;
using System.Xml.Linq;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.Policies;
using Runctl.Sandbox.S3.Storage;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.S3;

/// <summary>S3 over REST. Keys and uploads live in memory, content in files below one directory, which the owner removes.</summary>
internal sealed class S3Service(string directory, TimeProvider clock, AccessControl? access = null)
{
    private readonly S3State _state = new(new BucketTable(clock), new ContentStore(directory), clock, access ?? AccessControl.Open);

    /// <summary>Makes a bucket; without a region it answers in every region. False where it is there already.</summary>
    public bool CreateBucket(string name, string? region = null, SandboxBucketRules? rules = null) => _state.Buckets.TryAdd(name, region, rules);

    /// <summary>The names of the buckets there are.</summary>
    public IReadOnlyList<string> Buckets => [.. _state.Buckets.Snapshot().Select(bucket => bucket.Name)];

    /// <summary>Answers a request whose signature was verified.</summary>
    public async Task HandleAsync(HttpExchange exchange, SignedRequest signed, CancellationToken ct)
    {
        var requestId = NewRequestId();
        try
        {
            var address = S3Address.Read(signed.Request);
            var operation = S3Router.Find(signed.Request, address);
            var call = new S3Call(exchange, signed, address, _state, requestId);
            // A bucket that is not there is missing for everybody.
            if (call.BucketName.Length == 0 || operation.Name == "CreateBucket" || _state.Buckets.Find(call.BucketName) is not null)
            {
                _state.Access.Demand(signed.Principal, S3Access.Of(operation.Name, call));
            }

            await operation.HandleAsync(call, ct).ConfigureAwait(false);
        }
        catch (AccessDeniedException e) when (!exchange.Started)
        {
            await RespondAsync(exchange, requestId, S3Errors.AccessDenied(e.Message).Error, [], ct).ConfigureAwait(false);
        }
        catch (S3Exception e) when (!exchange.Started)
        {
            await RespondAsync(exchange, requestId, e.Error, e.Details, ct).ConfigureAwait(false);
        }
        catch (SignatureException e) when (!exchange.Started)
        {
            await RespondErrorAsync(exchange, e, ct).ConfigureAwait(false);
        }
        catch (HttpFormatException e) when (!exchange.Started)
        {
            var error = S3Errors.InvalidRequest(e.Message).Error;
            await RespondAsync(exchange, requestId, error, [], ct).ConfigureAwait(false);
        }
        catch (EndOfStreamException) when (!exchange.Started)
        {
            await RespondAsync(exchange, requestId, S3Errors.IncompleteBody().Error, [], ct).ConfigureAwait(false);
        }
    }

    /// <summary>Answers a request whose signature was refused.</summary>
    public static Task RespondErrorAsync(HttpExchange exchange, SignatureException refusal, CancellationToken ct)
    {
        // As S3 does: a client's developer compares this with what was signed.
        KeyValuePair<string, string>[] details = refusal.Failure == SignatureFailure.Mismatch
            ? [new("Detail", refusal.Message)]
            : [];
        return RespondAsync(exchange, NewRequestId(), SignatureErrors.For(refusal, ServiceDialect.S3), details, ct);
    }

    /// <summary>Answers with any error, e.g. one injected as a fault.</summary>
    public static Task RespondErrorAsync(HttpExchange exchange, ServiceError error, CancellationToken ct) =>
        RespondAsync(exchange, NewRequestId(), error, [], ct);

    /// <summary>The headers by which every answer can be found again.</summary>
    public static HttpHeaders Identification(string requestId) =>
        new() { { "x-amz-request-id", requestId }, { "x-amz-id-2", requestId + "/sandbox" } };

    private static string NewRequestId() => Convert.ToHexString(RandomNumberGenerator.GetBytes(8));

    private static Task RespondAsync(
        HttpExchange exchange, string requestId, ServiceError error, IReadOnlyCollection<KeyValuePair<string, string>> details,
        CancellationToken ct)
    {
        var headers = Identification(requestId);
        if (error.Status == 304)
        {
            return exchange.RespondAsync(304, headers, ReadOnlyMemory<byte>.Empty, ct);
        }

        headers.Add("Content-Type", "application/xml");
        // Of a bucket in another region even an answer without a body names the region.
        foreach (var (_, region) in details.Where(detail => detail.Key == "Region"))
        {
            headers.Add("x-amz-bucket-region", region);
        }

        var document = new XElement("Error",
            new XElement("Code", error.Code),
            new XElement("Message", error.Message),
            details.Select(detail => new XElement(detail.Key, detail.Value)),
            new XElement("Resource", UrlCoding.Decode(exchange.Request.RawPath, plusIsSpace: false)),
            new XElement("RequestId", requestId),
            new XElement("HostId", requestId + "/sandbox"));
        return exchange.RespondAsync(error.Status, headers, S3Xml.WriteBare(document), ct);
    }
}
