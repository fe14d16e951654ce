namespace Runctl.Sandbox.Instances;

/// <summary>Makes the process spaces of one sandbox, all in the one way this system allows.</summary>
internal sealed class ProcessSpaces
{
    private readonly HostTools _tools;
    private readonly TimeProvider _time;
    private readonly bool _areEmpty;

    private ProcessSpaces(HostTools tools, TimeProvider time, bool namespaces, bool areEmpty = false)
    {
        _tools = tools;
        _time = time;
        _areEmpty = areEmpty;
        UseNamespaces = namespaces;
    }

    /// <summary>Spaces in which nothing runs.</summary>
    public static ProcessSpaces Empty(HostTools tools, TimeProvider time) => new(tools, time, namespaces: false, areEmpty: true);

    /// <summary>Whether instances are PID namespaces; otherwise their processes are told by their environment.</summary>
    public bool UseNamespaces { get; }

    /// <summary>Tries whether namespaces work here; unprivileged containers and some distributions forbid them.</summary>
    public static async Task<ProcessSpaces> ProbeAsync(
        HostTools tools, TimeProvider time, bool allowNamespaces, CancellationToken ct)
    {
        if (!allowNamespaces)
        {
            return new ProcessSpaces(tools, time, namespaces: false);
        }

        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = tools.SearchPath };
        var probe = await PidNamespace.TryCreateAsync(tools, environment, time, ct).ConfigureAwait(false);
        if (probe is not null)
        {
            await probe.DisposeAsync().ConfigureAwait(false);
        }

        return new ProcessSpaces(tools, time, namespaces: probe is not null);
    }

    /// <summary>Makes the space of an instance that is powered on.</summary>
    /// <exception cref="InvalidOperationException">Namespaces worked before and do not now.</exception>
    public async Task<IProcessSpace> CreateAsync(IReadOnlyDictionary<string, string> environment, CancellationToken ct)
    {
        if (_areEmpty)
        {
            return new NoProcesses();
        }

        if (!UseNamespaces)
        {
            return new MarkedProcesses(_tools, environment, _time);
        }

        return await PidNamespace.TryCreateAsync(_tools, environment, _time, ct).ConfigureAwait(false)
            ?? throw new InvalidOperationException("The system refused another PID namespace.");
    }
}
