namespace Runctl.Ports;

/// <summary>When an object may be written.</summary>
/// <param name="OnlyIfMissing">Only if there is none of that key (If-None-Match: *).</param>
/// <param name="OnlyIfETag">Only if it is still this version (If-Match), or null.</param>
public sealed record WriteCondition(bool OnlyIfMissing, string? OnlyIfETag)
{
    /// <summary>In any case.</summary>
    public static WriteCondition Always { get; } = new(false, null);

    /// <summary>Only if there is none of that key.</summary>
    public static WriteCondition IfMissing { get; } = new(true, null);

    /// <summary>Only if it is still this version.</summary>
    public static WriteCondition IfUnchanged(string eTag) => new(false, eTag);
}
