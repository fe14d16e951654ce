using Runctl.Configuration;
using Runctl.Errors;

namespace Runctl.Checkpoints;

/// <summary>The two parts of an <c>s3://bucket/key</c>.</summary>
internal readonly record struct S3Uri(string Bucket, string Key)
{
    private const string Scheme = "s3://";

    /// <summary>Whether a text means S3.</summary>
    public static bool Looks(string text) => text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a URI.</summary>
    public static S3Uri Parse(string text)
    {
        var rest = Looks(text) ? text[Scheme.Length..] : throw RunctlErrors.S3UriInvalid(text);
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || slash == rest.Length - 1)
        {
            throw RunctlErrors.S3UriInvalid(text);
        }

        return BucketName.KindProblem(rest[..slash]) is { } problem ? throw RunctlErrors.BucketNameInvalid(text, rest[..slash], problem) : new S3Uri(rest[..slash], rest[(slash + 1)..]);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Scheme}{Bucket}/{Key}";
}
