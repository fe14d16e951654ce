using System.Net;

namespace Runctl.Configuration;

/// <summary>Which buckets Runctl works with, by their names: general purpose buckets, named by their names alone.</summary>
internal static class BucketName
{
    private const string OnlyBuckets = "Runctl works with general purpose buckets only";

    private static readonly (string Ending, string Kind)[] Endings =
    [
        ("--x-s3", "a directory bucket (S3 Express One Zone)"),
        ("--xa-s3", "an access point of a directory bucket"),
        ("--table-s3", "a table bucket"),
        ("--ol-s3", "an Object Lambda access point"),
        ("--op-s3", "an access point of S3 on Outposts"),
        ("-s3alias", "an access point"),
        (".mrap", "a multi-region access point"),
    ];

    private static readonly string[] Reserved = ["xn--", "sthree-", "amzn-s3-demo-"];

    /// <summary>Why a text is not the name of a bucket that Runctl can use, as the end of a sentence about it; null if it is one.</summary>
    public static string? Problem(string text) => KindProblem(text) ?? (IsWellFormed(text) ? null
        : "is not the name of a bucket: a name has 3 to 63 lower-case letters, digits, dots and hyphens, and begins and ends with a letter or digit");

    /// <summary>Why what a text names is not a general purpose bucket; null if that cannot be seen.</summary>
    public static string? KindProblem(string text)
    {
        if (text.Contains("://", StringComparison.Ordinal))
        {
            return "is an address; give the name of the bucket alone, and a prefix as s3_prefix";
        }

        if (text.StartsWith("arn:", StringComparison.OrdinalIgnoreCase))
        {
            return OfArn(text.Split(':', 6));
        }

        foreach (var (ending, kind) in Endings)
        {
            if (text.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
            {
                return $"is {kind}; {OnlyBuckets}";
            }
        }

        return text.Contains('/', StringComparison.Ordinal) ? "has a path in it; give the name of the bucket alone, and a prefix as s3_prefix" : null;
    }

    private static string OfArn(string[] parts)
    {
        var (service, resource) = (parts.ElementAtOrDefault(2) ?? "", parts.ElementAtOrDefault(5) ?? "");
        var kind = service switch
        {
            "s3-object-lambda" => "an Object Lambda access point",
            "s3-outposts" => "on S3 on Outposts",
            "s3express" => "a directory bucket (S3 Express One Zone), or an access point of one",
            "s3tables" => "a table bucket",
            _ when resource.EndsWith(".mrap", StringComparison.OrdinalIgnoreCase) => "a multi-region access point",
            _ when resource.StartsWith("accesspoint", StringComparison.OrdinalIgnoreCase) => "an access point",
            _ => null,
        };
        return kind is null ? "is an ARN; give the name of the bucket alone" : $"is {kind}; {OnlyBuckets}";
    }

    private static bool IsWellFormed(string text) =>
        text.Length is >= 3 and <= 63
        && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-')
        && char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1])
        && !text.Contains("..", StringComparison.Ordinal)
        && !Array.Exists(Reserved, start => text.StartsWith(start, StringComparison.Ordinal))
        && !(text.Split('.').Length == 4 && IPAddress.TryParse(text, out _));
}
