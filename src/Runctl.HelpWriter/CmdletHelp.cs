using System.Management.Automation;

namespace Runctl.HelpWriter;

/// <summary>What help says about one cmdlet.</summary>
/// <param name="Cmdlet">The cmdlet.</param>
/// <param name="Synopsis">One sentence.</param>
/// <param name="Description">Paragraphs that do not repeat the synopsis.</param>
/// <param name="Parameters">Its own parameters, by name.</param>
/// <param name="Inputs">Types that the pipeline binds.</param>
/// <param name="Outputs">Types that it returns.</param>
/// <param name="Examples">At least one.</param>
/// <param name="Links">What to read next, the page of the cmdlet first.</param>
internal sealed record CmdletHelp(
    CmdletInfo Cmdlet, string Synopsis, IReadOnlyList<string> Description, IReadOnlyList<ParameterHelp> Parameters,
    IReadOnlyList<TypeHelp> Inputs, IReadOnlyList<TypeHelp> Outputs, IReadOnlyList<ExampleHelp> Examples, IReadOnlyList<LinkHelp> Links);
