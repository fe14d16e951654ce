namespace Runctl.Checkpoints;

/// <summary>One file or link of a checkpoint.</summary>
/// <param name="Path">Path below the checkpoint directory, with forward slashes.</param>
/// <param name="Key">Key of the object; null for a link.</param>
/// <param name="Size">Size in bytes; 0 for a link.</param>
/// <param name="Crc32">CRC32 of the whole file, base64 as in <c>x-amz-checksum-crc32</c>; null for a link.</param>
public sealed record CheckpointFile(string Path, string? Key, long Size, string? Crc32)
{
    /// <summary>Written by the save itself, or named by something that was.</summary>
    internal const string Save = "save";

    /// <summary>The newest version of everything else in the checkpoint directory.</summary>
    internal const string Current = "current";

    /// <summary>Another checkpoint that lay there; its bytes are in S3 by its own save.</summary>
    internal const string Older = "older";

    /// <summary><c>save</c>: written by the save, or named by it; <c>current</c>: the newest version of what lay beside it; <c>older</c>: other checkpoints that lay there.</summary>
    public string Class { get; init; } = Save;

    /// <summary>Where it leads, for a symbolic link, relative to its own directory; null for a file.</summary>
    public string? Link { get; init; }
}
