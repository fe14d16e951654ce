using Runctl.Sandbox.Ec2.Protocol;

namespace Runctl.Sandbox.Ec2.Launching;

/// <summary>The most somebody pays for spot.</summary>
internal static class SpotMaxPrice
{
    private const decimal Least = 0.001m;

    /// <summary>Reads it, or null.</summary>
    public static decimal? Read(Ec2Parameters parameters) => parameters.Decimal("MaxPrice") is not { } price ? null
        : price >= Least ? price
        : throw Ec2Errors.Invalid("MaxPrice", parameters["MaxPrice"]!);
}
