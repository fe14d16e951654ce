using Runctl.Configuration;
using Runctl.Errors;

namespace Runctl.Runs;

/// <summary>Whom the guard tells of what. The address is a reference that the instance's role resolves: it would be readable here.</summary>
internal sealed record AlertSettings
{
    public required string WebhookUrl { get; init; }

    /// <summary>Kinds of events; empty for the guard's default, detection and outcome of an interruption.</summary>
    public IReadOnlyList<string> On { get; init; } = [];

    /// <summary>As it is configured; null where nobody is to be told. An address that is written out is refused.</summary>
    public static AlertSettings? Of(RunctlConfiguration configuration) => configuration.WebhookUrl switch
    {
        null => null,
        var url when SecretReference.Is(url) => new() { WebhookUrl = url, On = configuration.AlertOn },
        _ => throw RunctlErrors.WebhookWrittenOut(),
    };
}
