namespace Runctl.HelpWriter;

/// <summary>What help says about one parameter.</summary>
/// <param name="Name">Name, without the dash.</param>
/// <param name="Type">Short name of its type.</param>
/// <param name="IsSwitch">Whether it takes no value.</param>
/// <param name="Description">What it means.</param>
/// <param name="Default">Value if it is not given, or null if there is none.</param>
/// <param name="Accepted">Range or list of accepted values, or null if the type is the only limit.</param>
/// <param name="IsMandatory">Whether every parameter set that has it demands it.</param>
/// <param name="Position">Position from 0, or named.</param>
/// <param name="PipelineInput">How the pipeline binds it.</param>
/// <param name="TakesWildcards">Whether it takes wildcards.</param>
/// <param name="Aliases">Its other names.</param>
internal sealed record ParameterHelp(
    string Name, string Type, bool IsSwitch, string Description, string? Default, string? Accepted, bool IsMandatory, string Position, string PipelineInput, bool TakesWildcards, IReadOnlyList<string> Aliases);
