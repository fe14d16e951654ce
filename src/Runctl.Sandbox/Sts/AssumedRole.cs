using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.Sts;

/// <summary>AssumeRole: any role may be assumed, and has the permissions of who assumes it.</summary>
internal static partial class AssumedRole
{
    private const int DefaultSeconds = 3600;
    private const int MinSeconds = 900;
    private const int MaxSeconds = 43_200;
    private const string IdAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>Makes temporary credentials of a role.</summary>
    /// <exception cref="StsException">A parameter is missing or malformed.</exception>
    public static XElement Assume(
        Dictionary<string, string> parameters, SandboxPrincipal caller, CredentialStore credentials)
    {
        var role = RoleArn().Match(parameters.GetValueOrDefault("RoleArn") ?? "");
        if (!role.Success)
        {
            throw Invalid("roleArn");
        }

        var session = parameters.GetValueOrDefault("RoleSessionName") ?? "";
        if (!SessionName().IsMatch(session))
        {
            throw Invalid("roleSessionName");
        }

        var account = role.Groups["account"].Value;
        var name = role.Groups["name"].Value.Split('/')[^1];
        var id = "AROA" + RandomNumberGenerator.GetString(IdAlphabet, 17) + ":" + session;
        var arn = $"arn:aws:sts::{account}:assumed-role/{name}/{session}";
        var credential = credentials.CreateSession(
            caller with { Account = account, Arn = arn, UserId = id }, Duration(parameters.GetValueOrDefault("DurationSeconds")));
        return new XElement("AssumeRoleResult",
            new XElement("Credentials",
                new XElement("AccessKeyId", credential.AccessKeyId),
                new XElement("SecretAccessKey", credential.SecretKey),
                new XElement("SessionToken", credential.SessionToken),
                new XElement("Expiration", credential.Expires!.Value.UtcDateTime
                    .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture))),
            new XElement("AssumedRoleUser", new XElement("AssumedRoleId", id), new XElement("Arn", arn)));
    }

    private static TimeSpan Duration(string? text)
    {
        var seconds = DefaultSeconds;
        var valid = text is null
            || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seconds)
                && seconds is >= MinSeconds and <= MaxSeconds);
        return valid ? TimeSpan.FromSeconds(seconds) : throw Invalid("durationSeconds");
    }

    private static StsException Invalid(string parameter) => new(new ServiceError(
        400, "ValidationError", $"1 validation error detected: Value at '{parameter}' failed to satisfy constraint"));

    [GeneratedRegex(@"^arn:aws[a-z-]*:iam::(?<account>[0-9]{12}):role/(?<name>[\w+=,.@/-]+)$", RegexOptions.CultureInvariant)]
    private static partial Regex RoleArn();

    [GeneratedRegex(@"^[\w+=,.@-]{2,64}$", RegexOptions.CultureInvariant)]
    private static partial Regex SessionName();
}
