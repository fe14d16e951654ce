namespace Runctl.PowerShell.Engine;

/// <summary>Sizes as people read them.</summary>
public static class ByteSize
{
    /// <summary>For example 1.5 GiB.</summary>
    public static string Of(long bytes) => Runctl.Setup.Amounts.Size(bytes);
}
