using System.Globalization;
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
        var found = await new CommandRunner(cloud, time).RunAsync(instanceId, FileParcel.ExistsScript(path), GuardClient.ShortCall, "runctl look for code", cancellationToken).ConfigureAwait(false);
        if (found.ExitCode != 0)
        {
            report($"Sending code ({size} bytes)");
            var parcel = new FileParcel(path, await File.ReadAllBytesAsync(bundle.Path, cancellationToken).ConfigureAwait(false), gzip: false);
            await new GuardClient(cloud, time).DeliverAsync(instanceId, parcel, cancellationToken).ConfigureAwait(false);
        }

        return new CodeReference { Path = path, Sha256 = bundle.Sha256, Size = bundle.Size };
    }
}
