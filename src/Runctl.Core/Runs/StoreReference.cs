namespace Runctl.Runs;

/// <summary>Where a run keeps checkpoints (<paramref name="Prefix"/>) and records (<paramref name="RunPrefix"/>).</summary>
internal sealed record StoreReference(string Bucket, string Prefix, string RunPrefix);
