namespace Runctl.Ports;

/// <summary>A small object that was read whole.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="ETag">Entity tag, for conditional writes.</param>
public sealed record ObjectContent(ReadOnlyMemory<byte> Content, string? ETag)
{
    /// <summary>What is larger is not read: a training can put objects of any size in the place of a record or a manifest. The guard has the same limit (aws/connections.py).</summary>
    internal const long Largest = 64L << 20;
}
