using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.Policies;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.Sts;

/// <summary>STS over the query protocol.</summary>
internal sealed class StsService(CredentialStore credentials, AccessControl? access = null)
{
    private static readonly XNamespace Namespace = "https://sts.amazonaws.com/doc/2011-06-15/";

    /// <summary>Answers a request whose signature was verified.</summary>
    public async Task HandleAsync(HttpExchange exchange, SignedRequest signed, CancellationToken ct)
    {
        using var reader = new StreamReader(signed.Body, Encoding.UTF8);
        var form = await reader.ReadToEndAsync(ct).ConfigureAwait(false);
        var parameters = UrlCoding.ParseQuery(form).Concat(signed.Request.Query)
            .DistinctBy(pair => pair.Key).ToDictionary(StringComparer.Ordinal);
        var action = parameters.GetValueOrDefault("Action") ?? "";
        try
        {
            var result = action switch
            {
                // Everybody may ask, whatever the policies say.
                "GetCallerIdentity" => CallerIdentity(signed.Principal),
                "AssumeRole" when Denied(parameters, signed.Principal) is { } problem => throw new StsException(new ServiceError(403, "AccessDenied", problem)),
                "AssumeRole" => AssumedRole.Assume(parameters, signed.Principal, credentials),
                _ => throw new StsException(new ServiceError(400, "InvalidAction",
                    $"Could not find operation {action} for version {parameters.GetValueOrDefault("Version")}")),
            };
            await RespondAsync(exchange, action, result, ct).ConfigureAwait(false);
        }
        catch (StsException e)
        {
            await RespondErrorAsync(exchange, e.Error, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Answers a request whose signature was refused.</summary>
    public static Task RespondErrorAsync(HttpExchange exchange, SignatureException refusal, CancellationToken ct) =>
        RespondErrorAsync(exchange, SignatureErrors.For(refusal, ServiceDialect.Query), ct);

    /// <summary>Answers with any error in the form of the query protocol.</summary>
    public static Task RespondErrorAsync(HttpExchange exchange, ServiceError error, CancellationToken ct)
    {
        var requestId = NewRequestId();
        var document = new XElement("ErrorResponse",
            new XElement("Error",
                new XElement("Type", error.Status < 500 ? "Sender" : "Receiver"),
                new XElement("Code", error.Code),
                new XElement("Message", error.Message)),
            new XElement("RequestId", requestId));
        return SendAsync(exchange, error.Status, document, requestId, ct);
    }

    private string? Denied(Dictionary<string, string> parameters, SandboxPrincipal caller)
    {
        try
        {
            access?.Demand(caller, new AccessRequest("sts:AssumeRole", parameters.GetValueOrDefault("RoleArn") ?? ""));
            return null;
        }
        catch (AccessDeniedException e)
        {
            return e.Message;
        }
    }

    private static XElement CallerIdentity(SandboxPrincipal principal) => new("GetCallerIdentityResult",
        new XElement("Arn", principal.Arn), new XElement("UserId", principal.UserId), new XElement("Account", principal.Account));

    private static Task RespondAsync(HttpExchange exchange, string action, XElement result, CancellationToken ct)
    {
        var requestId = NewRequestId();
        var document = new XElement(action + "Response",
            result, new XElement("ResponseMetadata", new XElement("RequestId", requestId)));
        return SendAsync(exchange, 200, document, requestId, ct);
    }

    private static Task SendAsync(HttpExchange exchange, int status, XElement document, string requestId, CancellationToken ct)
    {
        foreach (var element in document.DescendantsAndSelf())
        {
            element.Name = Namespace + element.Name.LocalName;
        }

        var headers = new HttpHeaders { { "Content-Type", "text/xml" }, { "x-amzn-RequestId", requestId } };
        return exchange.RespondAsync(status, headers, Encoding.UTF8.GetBytes(document.ToString()), ct);
    }

    private static string NewRequestId() => new Guid(RandomNumberGenerator.GetBytes(16)).ToString();
}
