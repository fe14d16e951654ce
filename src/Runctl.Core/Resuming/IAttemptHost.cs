using Runctl.Instances;

namespace Runctl.Resuming;

/// <summary>Where the next attempt of a run is to train: an instance that is launched for it, or the old one when it is back.</summary>
internal interface IAttemptHost
{
    /// <summary>Waits for what no claim would hasten, before the run is claimed.</summary>
    Task WaitAsync(CancellationToken cancellationToken);

    /// <summary>The instance; it need not be ready yet.</summary>
    Task<RunctlInstance> GetAsync(CancellationToken cancellationToken);

    /// <summary>Tells of the instance, which the claim names by now.</summary>
    void Tell(RunctlInstance instance, int attempt);

    /// <summary>Does there what can be done before the run has passed on.</summary>
    Task PrepareAsync(RunctlInstance instance, CancellationToken cancellationToken);

    /// <summary>Undoes it where the resume fails.</summary>
    Task GiveUpAsync(RunctlInstance instance, CancellationToken cancellationToken);
}
