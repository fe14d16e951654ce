namespace Runctl.Reports;

/// <summary>The figures and steps that the log of a run tells, gathered line by line.</summary>
internal sealed class FigureLog
{
    /// <summary>A training that prints more names prints something else; the rest is counted.</summary>
    private const int MostNames = 64;

    private readonly Dictionary<string, CurveCollector> _losses = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CurveCollector> _scores = new(StringComparer.Ordinal);
    private readonly List<CurvePoint> _steps = [];
    private readonly List<LogFigure> _found = [];

    /// <summary>Series of losses by name.</summary>
    public IReadOnlyDictionary<string, CurveCollector> Losses => _losses;

    /// <summary>Series of accuracies by name.</summary>
    public IReadOnlyDictionary<string, CurveCollector> Scores => _scores;

    /// <summary>Steps in the order of the log.</summary>
    public IReadOnlyList<CurvePoint> Steps => _steps;

    /// <summary>Bytes of all logs, as far as known.</summary>
    public long TotalBytes { get; set; }

    /// <summary>Bytes of them that were read.</summary>
    public long ReadBytes { get; set; }

    /// <summary>Takes in a line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="time">When it was printed, as well as that is known.</param>
    /// <param name="attempt">The attempt that printed it.</param>
    public void Add(string line, DateTimeOffset time, int attempt)
    {
        if (FigureParser.Step(line) is { } step)
        {
            _steps.Add(new CurvePoint(time, step, attempt));
        }

        FigureParser.Figures(line, _found);
        foreach (var figure in _found)
        {
            var all = figure.IsScore ? _scores : _losses;
            if (all.TryGetValue(figure.Name, out var series) || (all.Count < MostNames && all.TryAdd(figure.Name, series = new CurveCollector())))
            {
                series.Add(time, figure.Value, attempt);
            }
        }
    }
}
