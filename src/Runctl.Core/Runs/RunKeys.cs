using System.Globalization;

namespace Runctl.Runs;

/// <summary>The keys below the run prefix: orders, which people write and the role of an instance only reads, and records of runs, which guards write.</summary>
internal sealed class RunKeys(string runPrefix)
{
    /// <summary>A run that no group serves has one launch, of this number.</summary>
    private const int Launch = 1;

    /// <summary>Segments of guards have a number instead.</summary>
    private const string SessionMark = "session-";

    private readonly string _prefix = runPrefix.Trim('/');

    /// <summary>Above all that people decide.</summary>
    public string Orders => $"{_prefix}/orders/";

    /// <summary>Above all runs.</summary>
    public string Runs => $"{_prefix}/runs/";

    /// <summary>Above the entries of the index.</summary>
    public string Index => $"{_prefix}/index/";

    /// <summary>Above all of a run.</summary>
    public string Run(string runId) => $"{Runs}{runId}/";

    /// <summary>The specification of a run.</summary>
    public string Spec(string runId) => string.Create(CultureInfo.InvariantCulture, $"{Orders}{runId}/{Launch}/spec.json");

    /// <summary>Where version 0.1 wrote the specification of a run. The role may write there too.</summary>
    public string SpecOfVersion01(string runId) => $"{Runs}{runId}/spec.json";

    /// <summary>The record of a run.</summary>
    public string Record(string runId) => $"{Runs}{runId}/run.json";

    /// <summary>Above the events of all attempts.</summary>
    public string Events(string runId) => $"{Runs}{runId}/events/";

    /// <summary>Above the event segments of an attempt, and the events of sessions that follow it.</summary>
    public string Events(string runId, int attempt) => $"{Runs}{runId}/events/{attempt.ToString(CultureInfo.InvariantCulture)}/";

    /// <summary>An event of a session.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="after">The attempt that it follows.</param>
    /// <param name="name">What tells it from others.</param>
    public string SessionEvent(string runId, int after, string name) => $"{Events(runId, after)}{SessionMark}{name}.json";

    /// <summary>The attempt that the event of a session follows, by its key; null if the key is not of such an event.</summary>
    public int? FollowedBy(string runId, string key) =>
        key.StartsWith(Events(runId), StringComparison.Ordinal) && key[Events(runId).Length..].Split('/') is [var attempt, var name] && name.StartsWith(SessionMark, StringComparison.Ordinal)
        && int.TryParse(attempt, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Above the log segments of an attempt.</summary>
    public string Log(string runId, int attempt) => $"{Runs}{runId}/log/{attempt.ToString(CultureInfo.InvariantCulture)}/";

    /// <summary>A local checkpoint a run begins from.</summary>
    public string Resume(string runId, string path) => string.Create(CultureInfo.InvariantCulture, $"{Orders}{runId}/{Launch}/resume/{path}");

    /// <summary>Whether a key is of a local checkpoint that a person uploaded, in this version or in 0.1.</summary>
    public bool IsUpload(string key) => (key.StartsWith(Orders, StringComparison.Ordinal) || key.StartsWith(Runs, StringComparison.Ordinal)) && key.Contains("/resume/", StringComparison.Ordinal);

    /// <summary>A bundle of code.</summary>
    public string Code(string sha256) => $"{Orders}code/{sha256}.tar.gz";

    /// <summary>Where version 0.1 wrote a bundle of code.</summary>
    public string CodeOfVersion01(string sha256) => $"{_prefix}/code/{sha256}.tar.gz";

    /// <summary>The guard program.</summary>
    public string Guard(string sha256) => $"{Orders}guard/{sha256}.pyz";

    /// <summary>An object that a check writes, reads and deletes.</summary>
    public string Probe(string name) => $"{Runs}.check/{name}";

    /// <summary>The number that the name of a segment of events begins with, for example 7 of <c>.../000000000007.jsonl</c>; null where it is none.</summary>
    public static long? SegmentStart(string key)
    {
        var name = key[(key.LastIndexOf('/') + 1)..];
        var digits = name[..(name.IndexOf('.', StringComparison.Ordinal) is var dot and >= 0 ? dot : name.Length)];
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var start) ? start : null;
    }
}
