using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.Policies;
using Runctl.Sandbox.Signing;
using Runctl.Sandbox.Ssm;

namespace Runctl.Sandbox.Secrets;

/// <summary>As much of Secrets Manager as it takes to keep a secret and to read it, in its JSON protocol.</summary>
internal sealed class SecretsService(string region, string account, AccessControl access, TimeProvider clock)
{
    private const string TargetPrefix = "secretsmanager.";
    private readonly ConcurrentDictionary<string, Secret> _secrets = new(StringComparer.Ordinal);

    /// <summary>The operation a request asks for; "" where it names none of this service's.</summary>
    public static string Operation(HttpRequest request) =>
        request.Headers["X-Amz-Target"] is { } target && target.StartsWith(TargetPrefix, StringComparison.Ordinal) ? target[TargetPrefix.Length..] : "";

    /// <summary>Answers a request.</summary>
    public async Task HandleAsync(HttpExchange exchange, SignedRequest request, CancellationToken ct)
    {
        try
        {
            var body = await JsonRequest.ReadAsync(request.Body, ct).ConfigureAwait(false);
            access.Demand(request.Principal, new AccessRequest("secretsmanager:" + Operation(exchange.Request), ArnOf(body)));
            var answer = Operation(exchange.Request) switch
            {
                "CreateSecret" => Create(body),
                "GetSecretValue" => Read(body.Required("SecretId")),
                _ => throw new SsmException("UnknownOperationException", $"The sandbox does not know the operation {exchange.Request.Headers["X-Amz-Target"]}."),
            };
            await SsmService.AnswerAsync(exchange, 200, answer, ct).ConfigureAwait(false);
        }
        catch (AccessDeniedException e) when (!exchange.Started)
        {
            await SsmService.RefuseAsync(exchange, 400, nameof(AccessDeniedException), e.Message, ct).ConfigureAwait(false);
        }
        catch (SsmException e) when (!exchange.Started)
        {
            await SsmService.RefuseAsync(exchange, 400, e.Code, e.Message, ct).ConfigureAwait(false);
        }
    }

    private Secret? Find(string id) => _secrets.GetValueOrDefault(id) ?? _secrets.Values.FirstOrDefault(one => one.Arn == id || one.Arn[..^7] == id);

    /// <summary>The secret that a request is about; one that is not there has the name and no suffix that is known.</summary>
    private string ArnOf(JsonRequest request) => request.Text("SecretId") is { } id && Find(id) is { } secret ? secret.Arn
        : (request.Text("SecretId") ?? request.Text("Name") ?? "") is var name && name.StartsWith("arn:", StringComparison.Ordinal) ? name
        : $"arn:aws:secretsmanager:{region}:{account}:secret:{name}-000000";

    private JsonObject Create(JsonRequest request)
    {
        var name = request.Required("Name");
        // Six random characters follow the name, so that a secret that is made anew is another one.
        var arn = $"arn:aws:secretsmanager:{region}:{account}:secret:{name}-{RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 6)}";
        var secret = new Secret(arn, name, request.Text("SecretString"), request.Text("SecretBinary"), Guid.NewGuid().ToString(), clock.GetUtcNow());
        return _secrets.TryAdd(name, secret)
            ? new JsonObject { ["ARN"] = arn, ["Name"] = name, ["VersionId"] = secret.VersionId }
            : throw new SsmException("ResourceExistsException", $"The operation failed because the secret {name} already exists.");
    }

    private JsonObject Read(string id)
    {
        var secret = Find(id) ?? throw new SsmException("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
        var answer = new JsonObject
        {
            ["ARN"] = secret.Arn,
            ["Name"] = secret.Name,
            ["VersionId"] = secret.VersionId,
            ["VersionStages"] = new JsonArray("AWSCURRENT"),
            ["CreatedDate"] = SsmNames.Epoch(secret.Created),
        };
        // Of a text and a binary only the one that was given is answered.
        var (member, value) = secret.Text is null ? ("SecretBinary", secret.Binary) : ("SecretString", secret.Text);
        answer[member] = value;
        return answer;
    }

    private sealed record Secret(string Arn, string Name, string? Text, string? Binary, string VersionId, DateTimeOffset Created);
}
