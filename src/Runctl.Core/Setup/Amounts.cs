using System.Globalization;

namespace Runctl.Setup;

/// <summary>Amounts as people read them.</summary>
internal static class Amounts
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>Bytes, for example 1.5 GiB.</summary>
    public static string Size(double bytes)
    {
        var unit = 0;
        for (; bytes >= 1024 && unit < Units.Length - 1; unit++)
        {
            bytes /= 1024;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{bytes:0.#} {Units[unit]}");
    }

    /// <summary>Bytes a second, for example 85.3 MiB/s.</summary>
    public static string Rate(double bytes) => Size(bytes) + "/s";

    /// <summary>Seconds, for example 12 s or 3 min.</summary>
    public static string Time(double seconds) => seconds < 180 ? Number(seconds) + " s" : seconds < 7200 ? Number(seconds / 60) + " min" : Number(seconds / 3600) + " h";

    private static string Number(double value) => value.ToString("0", CultureInfo.InvariantCulture);
}
