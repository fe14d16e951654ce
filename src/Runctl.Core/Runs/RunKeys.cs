using System.Globalization;

namespace Runctl.Runs;

/// <summary>The keys of run records and code below the run prefix.</summary>
internal sealed class RunKeys(string runPrefix)
{
    private readonly string _prefix = runPrefix.Trim('/');

    /// <summary>Above all runs.</summary>
    public string Runs => $"{_prefix}/runs/";

    /// <summary>Above the entries of the index.</summary>
    public string Index => $"{_prefix}/index/";

    /// <summary>The specification of a run.</summary>
    public string Spec(string runId) => $"{Runs}{runId}/spec.json";

    /// <summary>The record of a run.</summary>
    public string Record(string runId) => $"{Runs}{runId}/run.json";

    /// <summary>Above the event segments of an attempt.</summary>
    public string Events(string runId, int attempt) => $"{Runs}{runId}/events/{attempt.ToString(CultureInfo.InvariantCulture)}/";

    /// <summary>Above the log segments of an attempt.</summary>
    public string Log(string runId, int attempt) => $"{Runs}{runId}/log/{attempt.ToString(CultureInfo.InvariantCulture)}/";

    /// <summary>A local checkpoint a run begins from.</summary>
    public string Resume(string runId, string path) => $"{Runs}{runId}/resume/{path}";

    /// <summary>A bundle of code.</summary>
    public string Code(string sha256) => $"{_prefix}/code/{sha256}.tar.gz";

    /// <summary>The number a segment's name begins with, for example 20480 of <c>.../000020480.gz</c>; null where it is none.</summary>
    public static long? SegmentStart(string key)
    {
        var name = key[(key.LastIndexOf('/') + 1)..];
        var digits = name[..(name.IndexOf('.', StringComparison.Ordinal) is var dot and >= 0 ? dot : name.Length)];
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var start) ? start : null;
    }
}
