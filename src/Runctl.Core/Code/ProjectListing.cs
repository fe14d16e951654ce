namespace Runctl.Code;

/// <summary>The files of a project that travel, and what was left behind with a reason.</summary>
internal sealed record ProjectListing(IReadOnlyList<ProjectFile> Files, IReadOnlyList<string> Warnings);
