namespace Runctl.Instances;

/// <summary>The currency of all prices: EC2 lists them in US dollars, and <c>[prices]</c> holds the same.</summary>
internal static class Money
{
    /// <summary>Its ISO 4217 code.</summary>
    public const string Currency = "USD";
}
