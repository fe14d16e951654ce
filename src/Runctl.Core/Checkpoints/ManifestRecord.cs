using System.Text;
using System.Text.Json;

namespace Runctl.Checkpoints;

/// <summary>A checkpoint's manifest as it lies in S3; docs/protocol.md has its form. Schema 2 lists a whole save; schema 1, of version 0.1, one file or directory.</summary>
internal sealed record ManifestRecord
{
    public const string Suffix = ".manifest.json";

    private const int NewestSchema = 2;

    // The guard has the same limits (checkpoints/shape.py).
    private const int MostParts = 64;
    private const int MostBytes = 1024;
    private const int MostOfName = 255;
    private const int MostOfLink = 4095;

    public int Schema { get; init; } = 1;

    public required string RunId { get; init; }

    public int Attempt { get; init; }

    public int Node { get; init; }

    public int Nodes { get; init; } = 1;

    public string? InstanceId { get; init; }

    public required string Name { get; init; }

    public string Kind { get; init; } = "file";

    public string? Path { get; init; }

    /// <summary>The checkpoint directory on the instance; null in schema 1.</summary>
    public string? Directory { get; init; }

    public long? Step { get; init; }

    /// <summary>A model that the training wrote after the head, under a name that no save had before; null without one.</summary>
    public NewestRecord? Newest { get; init; }

    public long? LastStep { get; init; }

    public string Reason { get; init; } = "periodic";

    public DateTimeOffset SavedAt { get; init; }

    public bool? SavedAfterSignal { get; init; }

    public string? Parent { get; init; }

    public DateTimeOffset? Created { get; init; }

    public IReadOnlyList<CheckpointFile> Files { get; init; } = [];

    public long Bytes { get; init; }

    /// <summary>The name of its checkpoint, with its step.</summary>
    public CheckpointReference ToReference(S3Uri uri) => new() { Name = Name, Manifest = uri.ToString(), Step = Step, LastStep = LastStep, RunId = RunId };

    public ManifestValidation? Validation { get; init; }

    /// <summary>Whether all that travels with the save is listed; a second manifest follows where it is not.</summary>
    public bool Complete { get; init; } = true;

    public IReadOnlyList<CheckpointMissing> Missing { get; init; } = [];

    /// <summary>Whether two manifests are of one save.</summary>
    public bool IsOfSameSave(ManifestRecord other) =>
        (RunId, Attempt, Node, InstanceId, Name, SavedAt) == (other.RunId, other.Attempt, other.Node, other.InstanceId, other.Name, other.SavedAt);

    /// <summary>The same with every path below the checkpoint directory, whatever the schema.</summary>
    /// <exception cref="JsonException">It is of a later schema, or lists something impossible.</exception>
    public ManifestRecord Normalized()
    {
        if (Schema is < 1 or > NewestSchema)
        {
            throw new JsonException($"its schema is {Schema}, and this version of Runctl reads up to {NewestSchema}; update Runctl");
        }

        // Any writer to the bucket chooses its content, and JSON's null arrives whatever the property says.
        if (string.IsNullOrEmpty(RunId) || string.IsNullOrEmpty(Name) || Files is null || Missing is null)
        {
            throw new JsonException("it lacks its run, its name or its files");
        }

        foreach (var file in Files)
        {
            if (string.IsNullOrEmpty(file?.Path) || (file.Link is null ? file.Key is null || file.Crc32 is null || file.Size < 0 : file.Link.Length is 0 or > MostOfLink))
            {
                throw new JsonException($"its entry '{file?.Path}' lacks a path, a key, a size or a checksum");
            }

            var parts = file.Path.Split('/');
            if (parts.Length > MostParts || Encoding.UTF8.GetByteCount(file.Path) > MostBytes || Array.Exists(parts, part => Encoding.UTF8.GetByteCount(part) > MostOfName))
            {
                throw new JsonException($"a path of it has more than {MostParts} parts, more than {MostBytes} bytes, or a part of more than {MostOfName}");
            }
        }

        // Version 0.1 wrote the paths of a directory's files relative to it; a session that uploaded one from its own disk put the name before them.
        return Schema > 1 || Kind == "file" || (Attempt == 0 && Files.All(file => file.Path.StartsWith(Name + "/", StringComparison.Ordinal)))
            ? this : this with { Files = [.. Files.Select(file => file.With(copy => copy.Path = $"{Name}/{file.Path}"))] };
    }
}
