using System.Collections.Concurrent;
using System.Globalization;
using Runctl.Checkpoints;
using Runctl.Errors;
using Runctl.Ports;
using Runctl.Runs;
using Runctl.Telling;

namespace Runctl.Resuming;

/// <summary>
/// The newest good checkpoint of a run by manifests and lineage: what the newest attempt saved, then what it began from, then what the attempt
/// before saved, down to the one that began anew. Each is compared with what S3 holds; a damaged one is passed over with a warning.
/// </summary>
internal sealed class CheckpointChoice(ICloud cloud, RunSpec spec, Action<string> warn)
{
    private const int Connections = 8;

    private readonly ManifestStore _manifests = new(cloud, spec.Store);

    /// <summary>How many were found and not good.</summary>
    public int Skipped { get; private set; }

    /// <summary>The choice.</summary>
    /// <param name="record">The record of the run.</param>
    /// <param name="rejected">Manifests that have proved bad already.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The newest good one, or null.</returns>
    public async Task<(S3Uri Uri, ManifestRecord Manifest)?> ChooseAsync(RunRecord record, IReadOnlySet<string> rejected, CancellationToken cancellationToken)
    {
        var seen = new HashSet<string>(rejected, StringComparer.Ordinal);
        Skipped = rejected.Count;
        foreach (var attempt in record.Attempts.OrderByDescending(a => a.Number))
        {
            foreach (var candidate in await CandidatesAsync(attempt, cancellationToken).ConfigureAwait(false))
            {
                if (seen.Add(candidate.Uri.ToString()) && await IsGoodAsync(candidate.Uri, candidate.Manifest, cancellationToken).ConfigureAwait(false))
                {
                    var passed = Skipped == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; {Skipped} newer ones are passed over");
                    CommandLog.Decided($"Checkpoint {candidate.Manifest.Name} of attempt {candidate.Manifest.Attempt} is chosen: the newest of run {spec.RunId} whose files S3 holds as its manifest says{passed}.");
                    return candidate;
                }
            }

            // It began anew, so what was before is another story.
            if (attempt is { Started: not null, ResumedFrom: null })
            {
                break;
            }
        }

        CommandLog.Decided(string.Create(CultureInfo.InvariantCulture, $"No checkpoint of run {spec.RunId} is chosen: S3 holds none that is whole ({Skipped} are passed over)."));
        return null;
    }

    private async Task<IReadOnlyList<(S3Uri Uri, ManifestRecord Manifest)>> CandidatesAsync(AttemptRecord attempt, CancellationToken cancellationToken)
    {
        var found = new List<(S3Uri Uri, ManifestRecord Manifest)>();
        if (attempt.InstanceId is { } instance && spec.Store is { } store)
        {
            var own = await _manifests.ListAsync(store.Bucket, $"{store.Prefix.Trim('/')}/{instance}/", _ => true, cancellationToken, Damaged).ConfigureAwait(false);
            found.AddRange(own.Where(m => m.Manifest.RunId == spec.RunId && m.Manifest.Attempt == attempt.Number));
        }

        if (attempt.ResumedFrom?.Manifest is { } began)
        {
            try
            {
                var uri = S3Uri.Parse(began);
                if (!IsTheRuns(uri))
                {
                    throw RunctlErrors.KeyRefused($"the record of run {spec.RunId}", began, $"s3://{spec.Store?.Bucket}/{spec.Store?.Prefix.Trim('/')}/");
                }

                if (await _manifests.ReadAsync(uri, cancellationToken).ConfigureAwait(false) is { } manifest)
                {
                    found.Add((uri, manifest));
                }
            }
            catch (RunctlException e) when (e.Kind == ErrorKind.InvalidData)
            {
                Damaged(e);
            }
        }

        return found;
    }

    /// <summary>Whether a manifest that a record names counts: guards write the record. It lies below the run's prefix or in what people uploaded, or people had the run begin from it.</summary>
    private bool IsTheRuns(S3Uri uri) => uri.ToString() == spec.BeganFrom || (spec.Store is { } store && uri.Bucket == store.Bucket
        && (uri.Key.StartsWith(store.Prefix.Trim('/') + "/", StringComparison.Ordinal) || new RunKeys(store.RunPrefix).IsUpload(uri.Key)));

    private void Damaged(RunctlException error)
    {
        Skipped++;
        warn($"A checkpoint is passed over, its manifest cannot be used: {error.Message}");
    }

    /// <summary>Whether S3 holds what a restore brings back in any case: the save and what travels with it. Older checkpoints listed beside it do not decide.</summary>
    private async Task<bool> IsGoodAsync(S3Uri uri, ManifestRecord manifest, CancellationToken cancellationToken)
    {
        var needed = manifest.Files.Where(file => file.Key is not null && file.Class != CheckpointFile.Older).ToList();
        var problems = new ConcurrentBag<(string Key, string Problem)>();
        await Parallel.ForEachAsync(needed, new ParallelOptions { MaxDegreeOfParallelism = Connections, CancellationToken = cancellationToken }, async (file, token) =>
        {
            // One is enough to pass it over.
            if (problems.IsEmpty && await FindProblemAsync(uri.Bucket, file, token).ConfigureAwait(false) is { } problem)
            {
                problems.Add((file.Key!, problem));
            }
        }).ConfigureAwait(false);
        if (problems.TryPeek(out var first))
        {
            Skipped++;
            warn($"Checkpoint {manifest.Name} of attempt {manifest.Attempt} is damaged and passed over: s3://{uri.Bucket}/{first.Key} {first.Problem}.");
            return false;
        }

        if (!needed.Exists(file => file.Class == CheckpointFile.Save))
        {
            Skipped++;
            warn($"Checkpoint {manifest.Name} of attempt {manifest.Attempt} is passed over: its manifest names no files.");
            return false;
        }

        return true;
    }

    private async Task<string?> FindProblemAsync(string bucket, CheckpointFile file, CancellationToken cancellationToken)
    {
        var held = await cloud.Objects.FindAsync(bucket, file.Key!, cancellationToken).ConfigureAwait(false);
        return held is null ? "is missing"
            : held.Size != file.Size ? $"has {held.Size} bytes instead of {file.Size}"
            : held.Crc32 is { } crc && crc != file.Crc32 ? $"has the CRC32 {crc} instead of {file.Crc32}"
            : null;
    }
}
