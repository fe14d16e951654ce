using Runctl.Code;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Gathers a project's files and brings them to where an instance finds them.</summary>
internal sealed class CodeSync(ICloud cloud, IAdapters adapters, TimeProvider time)
{
    /// <summary>Brings the files.</summary>
    /// <param name="project">The project on this machine.</param>
    /// <param name="script">The script, relative to it.</param>
    /// <param name="checkpointDirectory">Where it saves, which does not travel.</param>
    /// <param name="named">Arguments; files they name travel even where they are ignored.</param>
    /// <param name="store">The bucket's records, or null.</param>
    /// <param name="instanceId">The instance, where there is no bucket.</param>
    /// <param name="report">Told of progress and warnings.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<CodeReference> BringAsync(string project, string script, string checkpointDirectory, IReadOnlyList<string> named, RunStore? store, string instanceId, Action<string> report, CancellationToken cancellationToken)
    {
        var listing = await new ProjectFiles(adapters).ListAsync(project, script, checkpointDirectory, named, cancellationToken).ConfigureAwait(false);
        foreach (var warning in listing.Warnings)
        {
            report(warning);
        }

        using var bundle = await CodeBundle.CreateAsync(listing.Files, cancellationToken).ConfigureAwait(false);
        return await new CodeTransport(cloud, time).BringAsync(bundle, store, instanceId, project, report, cancellationToken).ConfigureAwait(false);
    }
}
