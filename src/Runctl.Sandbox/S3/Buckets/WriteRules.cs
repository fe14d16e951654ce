using System.Security.Cryptography;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.S3.Checksums;
using Runctl.Sandbox.S3.Storage;

namespace Runctl.Sandbox.S3.Buckets;

/// <summary>Checks writes against what their bucket demands, and against what S3 allows of encryption.</summary>
internal static class WriteRules
{
    private const string MethodHeader = "x-amz-server-side-encryption";
    private const string KeyHeader = "x-amz-server-side-encryption-aws-kms-key-id";

    /// <summary>Refuses content without a checksum where Object Lock keeps it.</summary>
    /// <exception cref="S3Exception">It has none.</exception>
    public static void DemandChecksum(SandboxBucketRules rules, ChecksumDeclaration declared, string request)
    {
        if (rules.ObjectLock && !declared.Any)
        {
            throw S3Errors.InvalidRequest($"Content-MD5 OR x-amz-checksum- HTTP header is required for {request} requests with Object Lock parameters");
        }
    }

    /// <summary>The kept headers of a new object, with the encryption it names.</summary>
    /// <exception cref="S3Exception">There is no such encryption, or the bucket's policy demands another.</exception>
    public static HttpHeaders WithEncryption(S3Call call, SandboxBucketRules rules, HttpHeaders metadata)
    {
        var (method, key) = (call.Option(MethodHeader), call.Option(KeyHeader));
        if (method is not (null or "AES256" or "aws:kms" or "aws:kms:dsse"))
        {
            throw S3Errors.InvalidArgument("The encryption method specified is not supported", MethodHeader, method);
        }

        if (key is not null && method is null or "AES256")
        {
            throw S3Errors.InvalidArgument("Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms", MethodHeader, method);
        }

        if ((rules.Encryption is { } demanded && method != demanded) || (rules.KmsKeyId is { } named && key != named))
        {
            throw S3Errors.AccessDenied();
        }

        var headers = new HttpHeaders();
        foreach (var (name, value) in metadata.Where(field => field.Key is not (MethodHeader or KeyHeader)))
        {
            headers.Add(name, value);
        }

        headers.AddIfKnown(MethodHeader, method);
        headers.AddIfKnown(KeyHeader, key);
        return headers;
    }

    /// <summary>What an answer says of the encryption.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Describe(HttpHeaders metadata) => metadata.Where(field => field.Key is MethodHeader or KeyHeader);

    /// <summary>Content as its entity tag shows it: with a KMS key that is no MD5 of the content, and another each time.</summary>
    public static StoredContent Veiled(StoredContent content, HttpHeaders metadata) =>
        metadata[MethodHeader]?.StartsWith("aws:kms", StringComparison.Ordinal) == true ? content with { Md5 = RandomNumberGenerator.GetBytes(16) } : content;
}
