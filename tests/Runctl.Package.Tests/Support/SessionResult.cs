using System.Management.Automation;

namespace Runctl.Package.Tests.Support;

/// <summary>What a script wrote.</summary>
internal sealed record SessionResult(
    IReadOnlyList<PSObject> Output,
    IReadOnlyList<ErrorRecord> Errors,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<string> Details,
    IReadOnlyList<InformationRecord> Information,
    IReadOnlyList<ProgressRecord> Progress)
{
    /// <summary>The one error there is.</summary>
    public ErrorRecord Error => Assert.Single(Errors);

    /// <summary>The one object there is, after a script without errors.</summary>
    public dynamic Single
    {
        get
        {
            Assert.Empty(Errors.Select(error => error.ToString()));
            return Assert.Single(Output).BaseObject;
        }
    }

    /// <summary>The error's id without the command's name.</summary>
    public string ErrorId => Error.FullyQualifiedErrorId.Split(',')[0];

    /// <summary>All text of all streams.</summary>
    public string Everything => string.Join('\n', [.. Output.Select(item => item.ToString()), .. Errors.Select(error => error.ToString() + error.ErrorDetails?.RecommendedAction), .. Warnings, .. Details, .. Information.Select(record => record.ToString())]);
}
