using System.Globalization;
using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.Signing;

/// <summary>A signature as a request carries it, in its Authorization header or in a presigned query.</summary>
internal sealed record RequestSignature(
    CredentialScope Scope, string Timestamp, DateTimeOffset Time, IReadOnlyList<string> SignedHeaders, string Signature,
    string? SessionToken, TimeSpan? ValidFor)
{
    public const string Algorithm = "AWS4-HMAC-SHA256";

    private const string TimestampFormat = "yyyyMMdd'T'HHmmss'Z'";
    private const int MaxPresignedSeconds = 7 * 24 * 3600;

    /// <summary>Whether the signature stands in the query.</summary>
    public bool Presigned => ValidFor is not null;

    /// <summary>The credential a request names, whatever it is worth.</summary>
    public static string? CredentialOf(HttpRequest request) =>
        request.Headers["Authorization"] is { } authorization
            ? Fields(authorization).GetValueOrDefault("Credential")
            : request.QueryValue("X-Amz-Credential");

    /// <summary>Reads the signature.</summary>
    /// <exception cref="SignatureException">There is none, or it is malformed.</exception>
    public static RequestSignature Read(HttpRequest request) =>
        request.Headers["Authorization"] is { } authorization ? FromHeader(request, authorization)
        : request.HasQuery("X-Amz-Algorithm") || request.HasQuery("X-Amz-Signature") ? FromQuery(request)
        : throw Unsigned(request);

    private static SignatureException Unsigned(HttpRequest request) => request.HasQuery("AWSAccessKeyId")
        ? OldVersion()
        : new SignatureException(SignatureFailure.Missing, "The request is not signed.");

    private static RequestSignature FromHeader(HttpRequest request, string authorization)
    {
        if (authorization.StartsWith("AWS ", StringComparison.Ordinal))
        {
            throw OldVersion();
        }

        if (!authorization.StartsWith(Algorithm + " ", StringComparison.Ordinal))
        {
            throw Incomplete($"The Authorization header does not begin with {Algorithm}.");
        }

        var fields = Fields(authorization);
        var timestamp = request.Headers["X-Amz-Date"];
        var time = timestamp is not null ? ParseTime(timestamp) : ParseHttpDate(request.Headers["Date"]);
        return new RequestSignature(
            ParseScope(Field(fields, "Credential"), time),
            timestamp ?? time.ToString(TimestampFormat, CultureInfo.InvariantCulture),
            time,
            Field(fields, "SignedHeaders").Split(';'),
            Field(fields, "Signature"),
            request.Headers["X-Amz-Security-Token"],
            ValidFor: null);
    }

    private static RequestSignature FromQuery(HttpRequest request)
    {
        var fields = request.Query.DistinctBy(pair => pair.Key).ToDictionary(StringComparer.Ordinal);
        if (Field(fields, "X-Amz-Algorithm") != Algorithm)
        {
            throw Incomplete($"X-Amz-Algorithm only supports {Algorithm}.");
        }

        var timestamp = Field(fields, "X-Amz-Date");
        var time = ParseTime(timestamp);
        if (!int.TryParse(Field(fields, "X-Amz-Expires"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || seconds is < 1 or > MaxPresignedSeconds)
        {
            throw Incomplete("X-Amz-Expires must be a number of seconds up to a week.");
        }

        return new RequestSignature(
            ParseScope(Field(fields, "X-Amz-Credential"), time), timestamp, time, Field(fields, "X-Amz-SignedHeaders").Split(';'),
            Field(fields, "X-Amz-Signature"), request.QueryValue("X-Amz-Security-Token"), TimeSpan.FromSeconds(seconds));
    }

    private static Dictionary<string, string> Fields(string authorization) =>
        authorization[(authorization.IndexOf(' ', StringComparison.Ordinal) + 1)..]
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(field => field.Split('=', 2))
            .Where(pair => pair.Length == 2)
            .DistinctBy(pair => pair[0])
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    private static string Field(Dictionary<string, string> fields, string name) =>
        fields.GetValueOrDefault(name) is { Length: > 0 } value
            ? value
            : throw Incomplete($"The signature requires '{name}' parameter.");

    private static CredentialScope ParseScope(string credential, DateTimeOffset time)
    {
        var scope = CredentialScope.Parse(credential)
            ?? throw Incomplete("The Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
        return scope.Date == time.ToString("yyyyMMdd", CultureInfo.InvariantCulture)
            ? scope
            : throw Incomplete("The date in the Credential scope is not that of the request.");
    }

    private static DateTimeOffset ParseTime(string text) =>
        DateTimeOffset.TryParseExact(
            text, TimestampFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw Incomplete("X-Amz-Date must be in the form yyyyMMddTHHmmssZ.");

    private static DateTimeOffset ParseHttpDate(string? text) =>
        DateTimeOffset.TryParseExact(text, "R", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw Incomplete("Authorization requires existence of either a 'X-Amz-Date' or a 'Date' header.");

    private static SignatureException OldVersion() => new(SignatureFailure.OldVersion,
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.");

    private static SignatureException Incomplete(string message) => new(SignatureFailure.Incomplete, message);
}
