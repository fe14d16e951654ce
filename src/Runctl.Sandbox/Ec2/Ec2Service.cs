using System.Text;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.Ec2;

/// <summary>EC2's query protocol.</summary>
internal sealed class Ec2Service
{
    public Ec2Service(SandboxOptions options, InstanceRegistry registry, TimeProvider clock)
    {
        _ = options;
        _ = registry;
        _ = clock;
    }

    /// <summary>Where faults are injected; null for none.</summary>
    public Ec2FaultRule? FaultRule { get; set; }

    /// <summary>Answers a request.</summary>
    public async Task HandleAsync(HttpExchange exchange, SignedRequest request, CancellationToken ct)
    {
        await (FaultRule?.Invoke("", exchange, ct) ?? Task.CompletedTask).ConfigureAwait(false);
        var body = Encoding.UTF8.GetBytes("not yet\n");
        await exchange.RespondAsync(501, headers: null, body, ct).ConfigureAwait(false);
    }
}
