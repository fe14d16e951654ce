using System.Text;
using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.Policies;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.Ec2;

/// <summary>EC2's query protocol: parameters in a form or a query, answers in XML.</summary>
internal sealed class Ec2Service(SandboxOptions options, InstanceRegistry registry, TimeProvider clock, AccessControl? access = null)
{
    private readonly Ec2Actions _actions = new(options, registry, access ?? AccessControl.Open, clock);

    /// <summary>Answers a request whose signature was verified.</summary>
    public async Task HandleAsync(HttpExchange exchange, SignedRequest request, CancellationToken ct)
    {
        var requestId = Guid.NewGuid().ToString();
        try
        {
            var parameters = await ReadAsync(request, ct).ConfigureAwait(false);
            var name = parameters["Action"] ?? throw Ec2Errors.Missing("Action");
            var content = Run(name, parameters, request);
            await RespondAsync(exchange, 200, requestId, Ec2Xml.Answer(name, requestId, content), ct).ConfigureAwait(false);
        }
        catch (Ec2Exception e)
        {
            await RefuseAsync(exchange, e.Status, e.Code, e.Message, requestId, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Answers with an error in EC2's form.</summary>
    public static Task RefuseAsync(HttpExchange exchange, int status, string code, string message, string requestId, CancellationToken ct) =>
        RespondAsync(exchange, status, requestId, Ec2Xml.Error(code, message, requestId), ct);

    private static async Task<Ec2Parameters> ReadAsync(SignedRequest request, CancellationToken ct)
    {
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        var form = await reader.ReadToEndAsync(ct).ConfigureAwait(false);
        return Ec2Parameters.Create(UrlCoding.ParseQuery(form).Concat(request.Request.Query), request.Principal);
    }

    private List<XElement?> Run(string name, Ec2Parameters parameters, SignedRequest request)
    {
        if (request.Scope.Region != options.Region)
        {
            throw new Ec2Exception("AuthFailure", $"Credential should be scoped to a valid region, not '{request.Scope.Region}'.", 401);
        }

        var action = _actions.Find(name) ?? throw new Ec2Exception("InvalidAction", $"The action {name} is not valid for this web service.");
        _actions.Access.Demand(request.Principal, name, parameters);

        // A launch is judged by what it would be, which RunInstances finds out.
        return parameters.Bool("DryRun") is true && name != "RunInstances"
            ? throw Ec2Errors.DryRun()
            : [.. action.Answer(parameters)];
    }

    private static Task RespondAsync(HttpExchange exchange, int status, string requestId, byte[] body, CancellationToken ct)
    {
        var headers = new HttpHeaders
        {
            { "Content-Type", "text/xml;charset=UTF-8" },
            { "x-amzn-RequestId", requestId },
        };
        return exchange.RespondAsync(status, headers, body, ct);
    }
}
