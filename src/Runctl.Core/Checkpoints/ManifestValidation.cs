namespace Runctl.Checkpoints;

/// <summary>How far a checkpoint was checked before it was committed.</summary>
internal sealed record ManifestValidation(string? Format, string? Level, string? Detail);
