using Runctl.Errors;
using Runctl.Instances;

namespace Runctl.Training;

/// <summary>What came of a start.</summary>
/// <param name="Training">The training.</param>
/// <param name="Instance">Its instance.</param>
/// <param name="Failure">Why the script ended in an error within its first seconds; null if it trains, or has finished.</param>
public sealed record StartOutcome(RunctlTraining Training, RunctlInstance Instance, RunctlException? Failure);
