using System.Buffers;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Runctl.Reports;

/// <summary>
/// Finds loss-like and accuracy-like figures, and the number of the step, in a line that a training printed: <c>loss=0.12</c>, <c>step 100 loss 0.5</c>,
/// <c>{'loss': 0.4, 'epoch': 1.2}</c>, <c>loss: 0.3 - accuracy: 0.9</c>, <c>train/loss=2e-3</c>. Numbers in paths, file names, dates and times are none.
/// </summary>
internal static partial class FigureParser
{
    /// <summary>What is longer is no line for people.</summary>
    private const int LongestLine = 4096;

    private const int LongestName = 60;

    private static readonly SearchValues<string> Marks = SearchValues.Create(["loss", "acc"], StringComparison.OrdinalIgnoreCase);
    private static readonly SearchValues<string> StepMarks = SearchValues.Create(["step", "iter"], StringComparison.OrdinalIgnoreCase);

    /// <summary>Parts of a name that make it a setting or a record, not a measurement.</summary>
    private static readonly HashSet<string> Settings = new(StringComparer.Ordinal)
    {
        "scale", "scaler", "scaling", "weight", "weights", "factor", "coef", "coeff", "lambda", "fn", "func", "function", "type", "threshold", "patience", "best", "min", "max", "lowest", "steps", "every", "interval", "grad", "accumulation",
    };

    private static readonly HashSet<string> Scores = new(StringComparer.Ordinal) { "acc", "accuracy", "acc1", "acc5" };

    /// <summary>The figures of a line, into a list that is cleared before.</summary>
    public static void Figures(string line, List<LogFigure> into)
    {
        into.Clear();
        if (line.Length > LongestLine || !line.AsSpan().ContainsAny(Marks))
        {
            return;
        }

        var plain = line.Contains('\x1b', StringComparison.Ordinal) ? Colours().Replace(line, "") : line;
        for (var match = Figure().Match(plain); match.Success; match = match.NextMatch())
        {
            if (Normalize(match.Groups["name"].ValueSpan) is { } name && Number(match.Groups["value"].ValueSpan) is { } value && !into.Exists(f => f.Name == name))
            {
                into.Add(new LogFigure(name, value, IsScore(name)));
            }
        }
    }

    /// <summary>The step that a line tells, or null.</summary>
    public static long? Step(string line)
    {
        if (line.Length > LongestLine || !line.AsSpan().ContainsAny(StepMarks))
        {
            return null;
        }

        var match = StepNumber().Match(line);
        return match.Success && long.TryParse(match.Groups["step"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : null;
    }

    /// <summary>The name in one form, so that train/loss, trainLoss and "Train loss" are one series; null if it is not a measured loss or accuracy.</summary>
    private static string? Normalize(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > LongestName)
        {
            return null;
        }

        var parts = Words().Replace(text.ToString(), "_").ToLowerInvariant().Split('_', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = parts[i] switch { "training" => "train", "validation" or "valid" => "val", "evaluation" => "eval", "avg" => "average", "losses" => "loss", var other => other };
        }

        return !Array.Exists(parts, Settings.Contains) && Array.Exists(parts, part => part is "loss" || Scores.Contains(part)) ? string.Join('_', parts) : null;
    }

    private static bool IsScore(string name) => Array.Exists(name.Split('_'), Scores.Contains);

    private static double? Number(ReadOnlySpan<char> text)
    {
        var sign = text.StartsWith("-") ? -1 : 1;
        var bare = text.TrimStart("+-");
        return bare.StartsWith("nan", StringComparison.OrdinalIgnoreCase) ? double.NaN
            : bare.StartsWith("inf", StringComparison.OrdinalIgnoreCase) ? sign * double.PositiveInfinity
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    [GeneratedRegex(
        """
        (?<![\w./\\~-])                                                               # not inside a word, a path or a file name
        (?<name>(?:(?:train(?:ing)?|val(?:id(?:ation)?)?|eval(?:uation)?|test|dev|average|avg|mean|total|best|min|max)[ ])?(?>[A-Za-z][\w/.-]{0,50}))
        ['"]?
        (?:\s{0,3}[:=]\s{0,8}|[ \t]{1,3})
        (?:tensor\(|(?:np|numpy|torch)\.float\d+\(|\[)?['"]?
        (?<value>[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|nan|inf(?:inity)?))
        (?![\w:/\\]|\.\w|-\w)                                                          # nor the beginning of a date, a time, a unit or a file name
        """,
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Figure();

    [GeneratedRegex("""(?<![\w./\\-])(?:global[_ ])?(?:train(?:ing)?[_ ])?(?:step|iter(?:ation)?)['"]?\s{0,3}[:=#]?\s{0,8}\[?(?<step>\d{1,15})(?!\w|[:-]\w|\.\d|/\D)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex StepNumber();

    [GeneratedRegex(@"[\s/.-]+|(?<=[a-z])(?=[A-Z])", RegexOptions.CultureInvariant)]
    private static partial Regex Words();

    [GeneratedRegex(@"\x1b\[[0-9;]*[A-Za-z]", RegexOptions.CultureInvariant)]
    private static partial Regex Colours();
}
