using Runctl.Code;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Packs a project's files and brings them to where an instance finds them.</summary>
internal sealed class CodeSync(ICloud cloud, TimeProvider time)
{
    /// <summary>Brings the files.</summary>
    /// <param name="listing">The files; its warnings were said when it was made.</param>
    /// <param name="project">The project on this machine, for errors.</param>
    /// <param name="store">The bucket's records, or null.</param>
    /// <param name="instanceId">The instance, where there is no bucket.</param>
    /// <param name="report">Told of progress.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<CodeReference> BringAsync(ProjectListing listing, string project, RunStore? store, string instanceId, Action<string> report, CancellationToken cancellationToken)
    {
        using var bundle = await CodeBundle.CreateAsync(listing.Files, cancellationToken).ConfigureAwait(false);
        return await new CodeTransport(cloud, time).BringAsync(bundle, store, instanceId, project, report, cancellationToken).ConfigureAwait(false);
    }
}
