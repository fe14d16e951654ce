using System.Text.RegularExpressions;
using Runctl.Errors;
using Runctl.Runs;

namespace Runctl.Checkpoints;

/// <summary>Which objects a manifest may name. The training has the rights of the guard in S3, so it can write any manifest. The guard has the same rule (checkpoints/reach.py).</summary>
internal static partial class ManifestReach
{
    /// <summary>What all keys begin with that the manifest there may name.</summary>
    /// <param name="at">Where the manifest lies.</param>
    /// <param name="store">The store whose checkpoints are looked for, or null.</param>
    /// <remarks>A set lists files of earlier attempts, which other instances uploaded below the same prefix. A checkpoint that a person uploaded lies in one folder.</remarks>
    public static string FolderOf(S3Uri at, StoreReference? store)
    {
        if (store is not null && at.Bucket == store.Bucket && store.Prefix.Trim('/') + "/" is var prefix && at.Key.StartsWith(prefix, StringComparison.Ordinal))
        {
            return prefix;
        }

        return OfInstance().Match(at.Key) is { Success: true } match ? match.Groups[1].Value
            : at.Key.LastIndexOf('/') is var slash and >= 0 ? at.Key[..(slash + 1)]
            : at.Key[..^ManifestRecord.Suffix.Length];
    }

    /// <summary>Refuses a manifest that names an object that is not its own to name. The bucket is always its own.</summary>
    /// <exception cref="RunctlException">KeyRefused.</exception>
    public static void Check(ManifestRecord manifest, S3Uri at, StoreReference? store)
    {
        var folder = FolderOf(at, store);
        if (manifest.Files.Select(file => file.Key).FirstOrDefault(key => key is not null && !LiesBelow(key, folder)) is { } refused)
        {
            throw RunctlErrors.KeyRefused(at.ToString(), refused, $"s3://{at.Bucket}/{folder}");
        }
    }

    /// <summary>Without a step back: a proxy or a tool may take one for what it says.</summary>
    private static bool LiesBelow(string key, string folder) => key.StartsWith(folder, StringComparison.Ordinal) && !key.Split('/').Any(part => part is "." or "..");

    /// <summary>{prefix}/{instance}/checkpoints/{head}.manifest.json</summary>
    [GeneratedRegex("(.+/)i-[0-9a-f]+/checkpoints/", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex OfInstance();
}
