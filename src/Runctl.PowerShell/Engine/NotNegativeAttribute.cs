using System.Management.Automation;

namespace Runctl.PowerShell.Engine;

/// <summary>Refuses numbers below zero; unlike ValidateRange it lets $null be.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NotNegativeAttribute : ValidateArgumentsAttribute
{
    /// <inheritdoc/>
    protected override void Validate(object arguments, EngineIntrinsics engineIntrinsics)
    {
        if (arguments is < 0)
        {
            throw new ValidationMetadataException($"{arguments} is below zero.");
        }
    }
}
