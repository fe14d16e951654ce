using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.Faults;

/// <summary>Stands before every service: lets a request through, or makes it fail as the faults want it.</summary>
internal sealed class FaultGate(SandboxFaults faults, TimeProvider clock)
{
    /// <summary>Answers a request, by <paramref name="carryOut"/> or by a fault.</summary>
    public async Task HandleAsync(HttpExchange exchange, ServiceCall call, Func<Task> carryOut, CancellationToken ct)
    {
        var (delay, fault) = faults.Strike(call);
        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, clock, ct).ConfigureAwait(false);
        }

        if (fault is null)
        {
            await carryOut().ConfigureAwait(false);
            return;
        }

        if (fault.Kind == SandboxFaultKind.WrongAnswer)
        {
            exchange.Filter = answer => WrongAnswer.Of(answer, call, fault.Message);
            await carryOut().ConfigureAwait(false);
            return;
        }

        if (fault is { Kind: SandboxFaultKind.ConnectionReset, CarriedOut: true })
        {
            exchange.Filter = BrokenAnswer.Of;
            await carryOut().ConfigureAwait(false);
            exchange.Abort();
            return;
        }

        if (fault.CarriedOut)
        {
            exchange.Filter = _ => null;
            await carryOut().ConfigureAwait(false);
            exchange.Filter = null;
        }

        if (fault.Kind == SandboxFaultKind.ConnectionReset)
        {
            exchange.Abort();
            return;
        }

        await ErrorAnswer.SendAsync(exchange, call.Service, FaultErrors.For(call.Service, fault), ct).ConfigureAwait(false);
    }
}
