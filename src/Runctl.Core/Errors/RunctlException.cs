using Runctl.Objects;

namespace Runctl.Errors;

/// <summary>The only exception Runctl shows to its users: what failed, on which target, and what to do about it.</summary>
public sealed class RunctlException : Exception
{
    /// <summary>Creates an exception from an entry of the error catalogue.</summary>
    /// <param name="id">Stable identifier, used as the FullyQualifiedErrorId.</param>
    /// <param name="kind">What kind of failure it is; decides the error category.</param>
    /// <param name="message">What failed, in a sentence that names the target. Control characters of what it quotes are shown as signs.</param>
    /// <param name="target">The thing the user named.</param>
    /// <param name="recommendedAction">What the user can do, or null.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public RunctlException(string id, ErrorKind kind, string message, object? target = null, string? recommendedAction = null, Exception? innerException = null)
        : base(Printable.Of(message), innerException)
    {
        Id = id;
        Kind = kind;
        Target = target;
        RecommendedAction = recommendedAction is null ? null : Printable.Of(recommendedAction);
    }

    /// <summary>Stable identifier, unique in the catalogue.</summary>
    public string Id { get; }

    /// <summary>What kind of failure it is.</summary>
    public ErrorKind Kind { get; }

    /// <summary>The thing the user named.</summary>
    public object? Target { get; }

    /// <summary>What the user can do about it, or null.</summary>
    public string? RecommendedAction { get; }

    /// <summary>The service's own error code (for example <c>InsufficientInstanceCapacity</c>), or null.</summary>
    public string? ServiceErrorCode { get; init; }

    /// <summary>The service's request id, or null.</summary>
    public string? RequestId { get; init; }

    /// <summary>Whether the same call may succeed later (throttling, capacity, lost connections).</summary>
    public bool IsTransient { get; init; }

    /// <summary>Whether the connection was refused, which is seldom worth more than a second try.</summary>
    internal bool WasRefused { get; init; }

    /// <summary>Other failures that the same look found: each is an error of its own to the user.</summary>
    public IReadOnlyList<RunctlException> Others { get; init; } = [];

    /// <summary>The same, and what had no answer at all: for those who wait, and do not merely repeat a call.</summary>
    internal bool MayPass => IsTransient || Kind is ErrorKind.Connection or ErrorKind.Timeout;
}
