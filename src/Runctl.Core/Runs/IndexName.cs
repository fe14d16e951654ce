using System.Buffers.Text;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Runctl.Json;

namespace Runctl.Runs;

/// <summary>
/// The name of an entry of the index. It sorts newest run first, all entries of a run together, and carries what a list shows of one attempt:
/// <c>{9999999999 - seconds of the run's creation}-{run id}/{attempt}-{0 open, 1 ended}~{deflated JSON in base64url}</c>; docs/protocol.md has the JSON.
/// </summary>
/// <param name="RunId">The run.</param>
/// <param name="Created">When the run was created, to the second.</param>
/// <param name="Attempt">The attempt's number.</param>
/// <param name="HasEnded">Whether the attempt had ended.</param>
/// <param name="Packed">The JSON, packed.</param>
internal sealed partial record IndexName(string RunId, DateTimeOffset Created, int Attempt, bool HasEnded, string Packed)
{
    private const long Latest = 9_999_999_999;

    /// <summary>S3 takes no longer key, in bytes.</summary>
    private const int LongestKey = 1024;

    /// <summary>What a name unpacks to at most, in bytes; one of 1,024 bytes could hold a megabyte of zeros.</summary>
    private const int MostJson = 16 * 1024;

    private const int LongestText = 1024;

    /// <summary>What is left out of a name that would be too long; the record has it.</summary>
    private static readonly string[] Long = ["resumed_from", "checkpoint", "phases", "unsaved", "script", "project_name"];

    /// <summary>What no list shows.</summary>
    private static readonly string[] Unlisted = ["nonce", "claimed_by", "node", "nodes"];

    /// <summary>The key of an entry.</summary>
    /// <param name="prefix">Above all entries.</param>
    /// <param name="record">The run's record.</param>
    /// <param name="attempt">The attempt.</param>
    /// <param name="script">The script, or null where it is not known.</param>
    /// <param name="isChecked">Whether the record was read after the instance was gone: an open entry that stays true.</param>
    public static string KeyOf(string prefix, RunRecord record, AttemptRecord attempt, string? script, bool isChecked)
    {
        var inverted = Math.Clamp(Latest - record.Created.ToUnixTimeSeconds(), 0, Latest);
        var head = string.Create(CultureInfo.InvariantCulture, $"{prefix}{inverted:D10}-{record.RunId}/{attempt.Number:D4}-{(attempt.HasEnded ? 1 : 0)}~");
        var shown = JsonSerializer.SerializeToNode(RunctlJson.ToElement(attempt))!.AsObject();
        shown["script"] = script;
        shown["project_name"] = record.ProjectName;
        shown["checked"] = isChecked ? true : null;
        Remove(shown, [.. Unlisted, .. shown.Where(p => p.Value is null).Select(p => p.Key)]);
        var key = head + Pack(shown);
        if (Encoding.UTF8.GetByteCount(key) > LongestKey)
        {
            Remove(shown, Long);
            shown["cut"] = true;
            key = head + Pack(shown);
        }

        return key;
    }

    /// <summary>Reads a name, without what is above all entries; null where it is none.</summary>
    public static IndexName? Parse(string name) => Form().Match(name) is { Success: true } match
        && int.TryParse(match.Groups["attempt"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var attempt) && attempt > 0
        ? new(
            match.Groups["run"].Value,
            DateTimeOffset.FromUnixTimeSeconds(Latest - long.Parse(match.Groups["inverted"].Value, CultureInfo.InvariantCulture)),
            attempt,
            match.Groups["ended"].Value == "1",
            match.Groups["packed"].Value)
        : null;

    /// <summary>What the name carries; null where that is damaged, or not what Runctl would write.</summary>
    public IndexEntry? Unpack()
    {
        try
        {
            var json = Inflate(Base64Url.DecodeFromChars(Packed));
            if (json is null)
            {
                return null;
            }

            var attempt = RunctlJson.Read<AttemptRecord>(json.Value);
            return attempt.Number == Attempt && attempt.HasEnded == HasEnded && IsPlain(attempt) && RunctlJson.Read<IndexEntry.Extras>(json.Value) is var extras && IsPlain(extras)
                ? new IndexEntry(attempt, extras)
                : null;
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or InvalidOperationException or JsonException)
        {
            return null;
        }
    }

    /// <summary>An entry can be written by any training: it is shown, so that it holds no more than what can be shown.</summary>
    private static bool IsPlain(AttemptRecord a) =>
        (a.HasEnded || a.State is RunStates.Claimed or RunStates.Running)
        && IsWord(a.InstanceId) && IsWord(a.InstanceType) && IsWord(a.AvailabilityZone)
        && IsText(a.Unsaved) && IsPlain(a.Checkpoint) && IsPlain(a.ResumedFrom)
        && (a.Phases ?? []).All(p => p is not null && IsText(p.Name));

    private static bool IsPlain(IndexEntry.Extras extras) => IsText(extras.Script) && IsText(extras.ProjectName);

    private static bool IsPlain(CheckpointRecord? checkpoint) => checkpoint is null || (IsText(checkpoint.Manifest) && IsText(checkpoint.Name) && IsWord(checkpoint.RunId));

    private static bool IsWord(string? text) => text is null || Word().IsMatch(text);

    private static bool IsText(string? text) => text is null || (text.Length <= LongestText && !text.Any(char.IsControl));

    private static void Remove(JsonObject from, IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            from.Remove(name);
        }
    }

    private static string Pack(JsonObject shown)
    {
        using var buffer = new MemoryStream();
        using (var deflate = new DeflateStream(buffer, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            deflate.Write(RunctlJson.WriteUtf8(shown));
        }

        return Base64Url.EncodeToString(buffer.ToArray());
    }

    private static ReadOnlyMemory<byte>? Inflate(byte[] packed)
    {
        using var inflate = new DeflateStream(new MemoryStream(packed), CompressionMode.Decompress);
        var json = new byte[MostJson + 1];
        var length = inflate.ReadAtLeast(json, json.Length, throwOnEndOfStream: false);
        return length <= MostJson ? json.AsMemory(0, length) : null;
    }

    [GeneratedRegex(@"\A(?<inverted>[0-9]{10})-(?<run>[a-z0-9][a-z0-9-]{0,99})/(?<attempt>[0-9]{4,6})-(?<ended>[01])~(?<packed>[A-Za-z0-9_-]{1,1024})\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Form();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
