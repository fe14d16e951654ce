namespace Runctl.Reports;

/// <summary>Takes in the values of a series, an attempt after the other.</summary>
internal sealed class CurveCollector
{
    private readonly List<CurvePoint> _points = [];
    private readonly SortedDictionary<int, CurveSummary> _summaries = [];

    /// <summary>How many values came.</summary>
    public int Count { get; private set; }

    /// <summary>The finite values, as they came.</summary>
    public IReadOnlyList<CurvePoint> Points => _points;

    /// <summary>Takes in a value; one that is not finite is counted.</summary>
    public void Add(DateTimeOffset time, double value, int attempt)
    {
        Count++;
        var known = _summaries.GetValueOrDefault(attempt) ?? new CurveSummary(attempt, 0, null, null, null, null, 0);
        if (!double.IsFinite(value))
        {
            _summaries[attempt] = known with { Count = known.Count + 1, NotFinite = known.NotFinite + 1 };
            return;
        }

        _points.Add(new CurvePoint(time, value, attempt));
        _summaries[attempt] = known with { Count = known.Count + 1, First = known.First ?? value, Last = value, Least = Math.Min(known.Least ?? value, value), Most = Math.Max(known.Most ?? value, value) };
    }

    /// <summary>The series, thinned out to what a picture can show.</summary>
    public Curve ToCurve(string name) => new(name, Thinning.Of(_points), [.. _summaries.Values]);
}
