using System.Text.Json.Serialization;

namespace Runctl.Checkpoints;

/// <summary>One file or link of a checkpoint.</summary>
/// <param name="path">Path below the checkpoint directory, with forward slashes.</param>
/// <param name="key">Key of the object; null for a link.</param>
/// <param name="size">Size in bytes; 0 for a link.</param>
/// <param name="crc32">CRC32 of the whole file, base64 as in <c>x-amz-checksum-crc32</c>; null for a link.</param>
public sealed class CheckpointFile(string path, string? key, long size, string? crc32)
{
    /// <summary>Written by the save itself, or named by something that was.</summary>
    internal const string Save = "save";

    /// <summary>The newest version of everything else in the checkpoint directory.</summary>
    internal const string Current = "current";

    /// <summary>Another checkpoint that lay there; its bytes are in S3 by its own save.</summary>
    internal const string Older = "older";

    /// <summary>Path below the checkpoint directory, with forward slashes.</summary>
    public string Path { get; internal set; } = path;

    /// <summary>Key of the object; null for a link.</summary>
    public string? Key { get; } = key;

    /// <summary>Size in bytes; 0 for a link.</summary>
    public long Size { get; } = size;

    /// <summary>CRC32 of the whole file, base64 as in <c>x-amz-checksum-crc32</c>; null for a link.</summary>
    public string? Crc32 { get; } = crc32;

    /// <summary><c>save</c>: written by the save, or named by it; <c>current</c>: the newest version of what lay beside it; <c>older</c>: other checkpoints that lay there.</summary>
    [JsonInclude]
    public string Class { get; internal set; } = Save;

    /// <summary>Where it leads, for a symbolic link, relative to its own directory; null for a file.</summary>
    [JsonInclude]
    public string? Link { get; internal set; }

    /// <summary>The path.</summary>
    public override string ToString() => Path;

    /// <summary>A copy that is changed.</summary>
    internal CheckpointFile With(Action<CheckpointFile> change)
    {
        var copy = (CheckpointFile)MemberwiseClone();
        change(copy);
        return copy;
    }
}
