namespace Runctl.Setup;

/// <summary>Whether a checkpoint can be saved and brought to S3 between the notice and the end of the instance.</summary>
internal static class WindowEstimate
{
    /// <summary>Seconds from the notice to the end, by AWS.</summary>
    public const double Window = 120;

    /// <summary>Seconds that requests, proof and manifest take, whatever the size.</summary>
    public const double Fixed = 4;

    /// <summary>A short measurement sees a link slower than a long upload does, by this much at most.</summary>
    public const double Doubt = 3;

    /// <summary>Seconds from the signal to the manifest.</summary>
    public static double Seconds(double bytes, double diskRate, double linkRate) => Fixed + (bytes / diskRate) + (bytes / linkRate);

    /// <summary>The largest checkpoint that fits, in bytes.</summary>
    public static double Largest(double diskRate, double linkRate) => (Window - Fixed) / ((1 / diskRate) + (1 / linkRate));

    /// <summary>Whether it fits: true as measured, false even if the link were <see cref="Doubt"/> times as fast, else null.</summary>
    public static bool? Fits(double bytes, double diskRate, double linkRate, TimeSpan grace) =>
        bytes / diskRate > grace.TotalSeconds || Seconds(bytes, diskRate, linkRate * Doubt) > Window ? false
        : Seconds(bytes, diskRate, linkRate) <= Window ? true : null;
}
