using System.Globalization;
using System.Management.Automation;

namespace Runctl.PowerShell.Engine;

/// <summary>Lets a price parameter take a number with a decimal point only: PowerShell would read <c>'0,35'</c> as 35.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PriceAttribute : ArgumentTransformationAttribute
{
    // More than the dearest instance type costs, so that a wrong unit is noticed.
    private const decimal Highest = 500m;

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (value is null)
        {
            return null;
        }

        if (value is not string and not IConvertible || !decimal.TryParse(Convert.ToString(value, CultureInfo.InvariantCulture), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var price))
        {
            throw new ArgumentTransformationMetadataException($"'{value}' is not a price. Write US dollars an hour with a decimal point, for example 0.35.");
        }

        return price is > 0 and <= Highest
            ? price
            : throw new ArgumentTransformationMetadataException($"'{value}' is out of range: a price above 0 and up to {Highest} US dollars an hour is expected.");
    }
}
