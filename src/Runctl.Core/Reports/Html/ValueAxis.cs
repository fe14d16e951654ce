using System.Globalization;

namespace Runctl.Reports.Html;

/// <summary>The values that a picture spans, linear, or logarithmic if that is allowed and they differ by more than a hundredfold.</summary>
internal sealed class ValueAxis
{
    private const double WideRange = 100;

    private readonly double _low;
    private readonly double _high;

    private ValueAxis(double low, double high, bool isLogarithmic) => (_low, _high, IsLogarithmic) = (low, high, isLogarithmic);

    /// <summary>Whether equal distances are equal ratios.</summary>
    public bool IsLogarithmic { get; }

    /// <summary>An axis for measured values.</summary>
    public static ValueAxis For(IReadOnlyCollection<double> values, bool mayBeLogarithmic = false)
    {
        var (least, most) = (values.Min(), values.Max());
        if (mayBeLogarithmic && least > 0 && most / least > WideRange)
        {
            return new(Math.Floor(Math.Log10(least)), Math.Ceiling(Math.Log10(most)), true);
        }

        // From zero unless the values would be a line at the top.
        var low = least >= 0 && least < most * 0.5 ? 0 : least;
        var step = Step(Math.Max(most - low, Math.Max(Math.Abs(most) * 1e-6, 1e-12)));
        return new(Math.Floor(low / step) * step, Math.Max(Math.Ceiling(most / step) * step, (Math.Floor(low / step) * step) + step), false);
    }

    /// <summary>Where a value lies, in thousandths of the height from the top.</summary>
    public double Y(double value) => 1000 - (Math.Clamp(((IsLogarithmic ? Math.Log10(value) : value) - _low) / (_high - _low), 0, 1) * 1000);

    /// <summary>Round values with their labels, at most seven.</summary>
    public IReadOnlyList<(double Y, string Label)> Ticks()
    {
        if (IsLogarithmic)
        {
            var every = Math.Ceiling((_high - _low) / 6);
            return [.. Range(_low, _high, every).Select(power => (Y(Math.Pow(10, power)), Label(Math.Pow(10, power))))];
        }

        return [.. Range(_low, _high, Step(_high - _low)).Select(value => (Y(value), Label(value)))];
    }

    private static IEnumerable<double> Range(double low, double high, double step)
    {
        for (var i = 0; low + (i * step) <= high + (step * 1e-6); i++)
        {
            yield return low + (i * step);
        }
    }

    /// <summary>A round step, of which a span has about four.</summary>
    private static double Step(double span)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(span / 4)));
        return (span / 4 / power) switch { < 1.5 => 1, < 3.5 => 2, < 7.5 => 5, _ => 10 } * power;
    }

    private static string Label(double value) => Math.Abs(value) switch
    {
        < 1e-12 => "0",
        >= 1e15 => value.ToString("0.#e+0", CultureInfo.InvariantCulture),
        >= 1e9 => Short(value / 1e9, "G"),
        >= 1e6 => Short(value / 1e6, "M"),
        >= 1e4 => Short(value / 1e3, "k"),
        >= 1e-3 => value.ToString("0.####", CultureInfo.InvariantCulture),
        _ => value.ToString("0.#e+0", CultureInfo.InvariantCulture),
    };

    private static string Short(double value, string unit) => value.ToString("0.##", CultureInfo.InvariantCulture) + unit;
}
