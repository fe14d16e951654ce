namespace Runctl.Ports;

/// <summary>A small object that was read whole.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="ETag">Entity tag, for conditional writes.</param>
public sealed record ObjectContent(ReadOnlyMemory<byte> Content, string? ETag);
