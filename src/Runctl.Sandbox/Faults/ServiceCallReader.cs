using System.Text;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.S3;
using Runctl.Sandbox.Secrets;
using Runctl.Sandbox.Signing;
using Runctl.Sandbox.Ssm;

namespace Runctl.Sandbox.Faults;

/// <summary>Tells what a verified request is about, before its service sees it.</summary>
internal static class ServiceCallReader
{
    /// <summary>Reads a request; a body that was buffered can be read once more afterwards.</summary>
    public static async Task<ServiceCall> ReadAsync(SignedRequest signed, CancellationToken ct)
    {
        var service = signed.Scope.Service;
        var caller = signed.Principal.InstanceId;
        if (service == "s3")
        {
            var (operation, key) = S3Router.Describe(signed.Request);
            return new ServiceCall(service, operation) { CallerId = caller, Key = key };
        }

        var body = await BodyAsync(signed, ct).ConfigureAwait(false);
        return service is "ssm" or "secretsmanager"
            ? new ServiceCall(service, service == "ssm" ? SsmNames.Operation(signed.Request) : SecretsService.Operation(signed.Request)) { CallerId = caller, Parameters = body }
            : new ServiceCall(service, Action(signed.Request, body))
            {
                CallerId = caller, Parameters = service == "ec2" ? body + "&" + signed.Request.RawQuery : "",
            };
    }

    private static async Task<string> BodyAsync(SignedRequest signed, CancellationToken ct)
    {
        using var reader = new StreamReader(signed.Body, Encoding.UTF8, leaveOpen: true);
        var text = await reader.ReadToEndAsync(ct).ConfigureAwait(false);
        signed.Body.Position = 0;
        return text;
    }

    private static string Action(HttpRequest request, string form) =>
        UrlCoding.ParseQuery(form).Concat(request.Query).FirstOrDefault(pair => pair.Key == "Action").Value ?? "";
}
