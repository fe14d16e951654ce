using System.Globalization;
using System.Security.Cryptography;
using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Code;

/// <summary>Brings a bundle within an instance's reach, once: through S3, or in pieces by SSM where there is no bucket.</summary>
internal sealed class CodeTransport(ICloud cloud, TimeProvider time)
{
    /// <summary>What SSM can carry in decent time, compressed.</summary>
    public const long MaxBytesBySsm = 2 << 20;

    /// <summary>Where a spec finds the bundle.</summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="store">The run's store, or null.</param>
    /// <param name="instanceId">The instance that will need it.</param>
    /// <param name="project">The project's directory, for errors.</param>
    /// <param name="report">Told what is happening.</param>
    /// <param name="cancellationToken">Ends the transport.</param>
    public async Task<CodeReference> BringAsync(CodeBundle bundle, RunStore? store, string instanceId, string project, Action<string> report, CancellationToken cancellationToken)
    {
        var size = bundle.Size.ToString("N0", CultureInfo.InvariantCulture);
        if (store is not null)
        {
            var key = store.Keys.Code(bundle.Sha256);
            if (await cloud.Objects.FindAsync(store.Bucket, key, cancellationToken).ConfigureAwait(false) is null)
            {
                report($"Uploading code ({size} bytes)");
                await cloud.Objects.UploadAsync(store.Bucket, key, bundle.Path, WriteCondition.IfMissing, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                report("Code is unchanged");
            }

            return new CodeReference { Bucket = store.Bucket, Key = key, Sha256 = bundle.Sha256, Size = bundle.Size };
        }

        if (bundle.Size > MaxBytesBySsm)
        {
            throw RunctlErrors.CodeTooBig(project, bundle.Size, MaxBytesBySsm);
        }

        var path = $"/var/lib/runctl/code/{bundle.Sha256}.tar.gz";
        var found = await new CommandRunner(cloud, time).RunAsync(instanceId, ChunkedFile.ExistsScript(path), GuardClient.ShortCall, "runctl look for code", cancellationToken).ConfigureAwait(false);
        if (found.ExitCode != 0)
        {
            report($"Sending code ({size} bytes)");
            var parcel = new ChunkedFile(path, await File.ReadAllBytesAsync(bundle.Path, cancellationToken).ConfigureAwait(false), gzip: false);
            await new GuardClient(cloud, time).DeliverAsync(instanceId, parcel, cancellationToken).ConfigureAwait(false);
        }

        return new CodeReference { Path = path, Sha256 = bundle.Sha256, Size = bundle.Size };
    }

    /// <summary>Copies a bundle of version 0.1 to the orders, where the role of an instance reads it and does not write. Its SHA-256 says whether it is the one that the run was started with.</summary>
    /// <param name="code">Where version 0.1 put it.</param>
    /// <param name="store">The run's store.</param>
    /// <param name="runId">The run, for errors.</param>
    /// <param name="cancellationToken">Ends the copy.</param>
    /// <exception cref="RunctlException">CodeNotStored.</exception>
    public async Task<CodeReference> AdoptAsync(CodeReference code, RunStore store, string runId, CancellationToken cancellationToken)
    {
        var from = $"s3://{code.Bucket}/{code.Key}";
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".tar.gz");
        try
        {
            var stream = await cloud.Objects.OpenAsync(code.Bucket!, code.Key!, 0, null, cancellationToken).ConfigureAwait(false) ?? throw RunctlErrors.CodeNotStored(runId, $"{from} is not there any more");
            await using (stream.ConfigureAwait(false))
            {
                var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16);
                await using (file.ConfigureAwait(false))
                {
                    await stream.CopyToAsync(file, cancellationToken).ConfigureAwait(false);
                    file.Position = 0;
                    if (Hex.Of(await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false)) != code.Sha256)
                    {
                        throw RunctlErrors.CodeNotStored(runId, $"the SHA-256 of {from} is not the one that the run was started with");
                    }
                }
            }

            var key = store.Keys.Code(code.Sha256);
            await cloud.Objects.UploadAsync(store.Bucket, key, path, WriteCondition.IfMissing, cancellationToken).ConfigureAwait(false);
            return code with { Bucket = store.Bucket, Key = key };
        }
        finally
        {
            File.Delete(path);
        }
    }
}
