using System.Globalization;
using System.Management.Automation;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Ports;
using Runctl.PowerShell.Completion;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Jobs;
using Runctl.PowerShell.Monitoring;
using Runctl.PowerShell.Sandboxes;
using Runctl.PowerShell.Targets;
using Runctl.Training;

namespace Runctl.PowerShell.Composition;

/// <summary>A cmdlet that talks to AWS, or to a sandbox in its place.</summary>
public abstract class RunctlCmdlet : AsyncCmdlet
{
    private readonly HashSet<string> _warned = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CommandScope> _scopes = new(StringComparer.Ordinal);
    private RunctlSession? _session;
    private TargetPlace? _place;

    /// <summary>Region, for example us-east-1. Default: the object's from the pipeline, the session's, AWS_REGION, <c>region</c> in .runctl.toml, the profile's.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(RegionCompleter))]
    public string? Region { get; set; }

    /// <summary>Profile of the credentials, as in ~/.aws/config. Default: AWS_PROFILE, <c>profile</c> in .runctl.toml, then the SDK's own search.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ProfileCompleter))]
    public string? ProfileName { get; set; }

    /// <summary>Endpoint of all services instead of AWS's own, for example a sandbox's. Default: the object's from the pipeline, the sandbox in use, AWS_ENDPOINT_URL.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(EndpointCompleter))]
    public Uri? EndpointUrl { get; set; }

    /// <summary>What the module keeps for this session.</summary>
    private protected RunctlSession Session => _session ??= RunctlSession.Current;

    /// <summary>Lists a job among those of the user's session, whether this command runs there or in a job itself.</summary>
    private protected void AddJob(Job job)
    {
        if (job is RunctlMonitorJob monitor)
        {
            monitor.Warn = WarnAfterStop();
            Session.Keep(monitor);
        }

        (RunctlJob.Current?.Repository ?? JobRepository).Add(job);
    }

    /// <inheritdoc/>
    private protected override Action<string> WarnAfterStop() => RunctlJob.Current?.Warn ?? base.WarnAfterStop();

    /// <summary>Whether the user, or an object in the pipeline, gave this parameter.</summary>
    private protected bool IsBound(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);

    /// <summary>Whether the user gave this parameter in the command, not an object in the pipeline.</summary>
    private protected bool IsGivenByUser(string parameter) => GivenByUser.Contains(parameter);

    /// <summary>Adds the settings this command's parameters decide, by the property names of <see cref="RunctlConfiguration"/>; null decides nothing.</summary>
    private protected virtual void AddSettings(IDictionary<string, object?> settings)
    {
        // An endpoint or a profile that the user gave replaces both of an object in the pipeline.
        var isMoved = IsGivenByUser(nameof(EndpointUrl)) || IsGivenByUser(nameof(ProfileName));
        settings[nameof(RunctlConfiguration.Region)] = NullIfEmpty(Region);
        settings[nameof(RunctlConfiguration.ProfileName)] = isMoved && !IsGivenByUser(nameof(ProfileName)) ? null : NullIfEmpty(ProfileName);
        settings[nameof(RunctlConfiguration.EndpointUrl)] = isMoved && !IsGivenByUser(nameof(EndpointUrl)) ? null : EndpointUrl;
    }

    /// <summary>Reads the settings in force for a directory, the current one by default.</summary>
    private protected RunctlConfiguration ReadConfiguration(string? directory = null) => ReadConfiguration(directory, null);

    /// <summary>The same with one setting passed over, by its property.</summary>
    private protected RunctlConfiguration ReadConfiguration(string? directory, string? without)
    {
        var configuration = Reader().Read(directory ?? CurrentDirectory, Overrides(), without);
        foreach (var warning in configuration.Warnings.Where(_warned.Add))
        {
            WriteWarning(warning);
        }

        return configuration;
    }

    /// <summary>The settings that parameters, session and environment decide, whatever a file says.</summary>
    private protected RunctlConfiguration ReadWithoutFile(string? without = null) => Reader().ReadFile(null, Overrides(), without);

    private static ConfigurationReader Reader() => new(AdaptersLoader.Adapters, Environment.GetEnvironmentVariable);

    private ConfigurationOverrides Overrides()
    {
        var parameters = new Dictionary<string, object?>(StringComparer.Ordinal);
        AddSettings(parameters);
        var given = new Dictionary<string, object?>(parameters, StringComparer.Ordinal);
        _place?.AddTo(parameters, IsGivenByUser);
        var ofObject = parameters.Where(pair => !Equals(pair.Value, given.GetValueOrDefault(pair.Key)) || (IsBound(pair.Key) && !IsGivenByUser(pair.Key))).Select(pair => pair.Key);
        return new ConfigurationOverrides(parameters, SessionSettings(parameters)) { OfObject = ofObject.ToHashSet(StringComparer.Ordinal) };
    }

    /// <summary>Whether the command goes by all settings of a project, not only by those that its parameters can decide.</summary>
    private protected virtual bool UsesProject => false;

    private IEnumerable<string> UsedSettings()
    {
        var decided = new Dictionary<string, object?>(StringComparer.Ordinal);
        AddSettings(decided);
        return UsesProject ? Setting.All.Select(setting => setting.Property) : decided.Keys;
    }

    /// <inheritdoc/>
    private protected override RunctlException Explain(RunctlException failure) =>
        failure.Id == ErrorIds.RegionMissing && RunningSandboxes.Newest is { } sandbox ? CommandErrors.RegionMissingBesideSandbox(sandbox.EndpointUrl, failure) : failure;

    /// <summary>The settings and the connection for the current input.</summary>
    private protected CommandScope OpenScope(string? directory = null) => OpenScope(ReadConfiguration(directory));

    /// <summary>The connection that settings lead to.</summary>
    private protected CommandScope OpenScope(RunctlConfiguration configuration)
    {
        foreach (var line in SettingsInForce.Describe(configuration, UsedSettings()))
        {
            Decided(line);
        }

        var connection = Connections.For(configuration, SessionState.PSVariable, NullIfEmpty(ProfileName) is not null);
        var scope = new CommandScope(configuration, Session.Connect(connection));
        Decided($"Credentials of {CredentialSource.Of(scope)}{(scope.Cloud.KnownCaller is { } caller ? $", {caller}" : "")}, for {(connection.EndpointUrl is null ? "AWS" : "the endpoint")} in region {connection.Region ?? "that the SDK finds"}.");
        return scope;
    }

    /// <summary>The settings and the connection for a target: where the object was found, unless parameters say otherwise. Targets of one place share one.</summary>
    private protected CommandScope OpenScope(RunctlTarget target) => At(target, () =>
    {
        var parameters = Overrides().Parameters.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}");
        var key = string.Join('\n', parameters.Append($"{target.Place.KnowsEndpoint}").Append(CurrentDirectory));
        return _scopes.TryGetValue(key, out var known) ? known : _scopes[key] = OpenScope();
    });

    /// <summary>Reads settings as they are where a target was found.</summary>
    private protected T At<T>(RunctlTarget? target, Func<T> read)
    {
        _place = target?.Place;
        try
        {
            return read();
        }
        finally
        {
            _place = null;
        }
    }

    /// <summary>
    /// Calls for the targets of each place, all of them together: what is looked up for fifty targets is asked for once. What names nothing, and a place
    /// that cannot be reached, are errors of their own, and the others go on.
    /// </summary>
    /// <param name="targets">What a parameter was given.</param>
    /// <param name="body">Called for each place.</param>
    private protected async Task ForEachPlaceAsync(IEnumerable<RunctlTarget> targets, Func<CommandScope, IReadOnlyList<RunctlTarget>, Task> body)
    {
        var places = new List<TargetsAt>();
        await PlaceAsync(targets, places);
        await ForEachPlaceAsync(places, body);
    }

    /// <summary>The same for targets that were collected over a pipeline.</summary>
    private protected async Task ForEachPlaceAsync(IEnumerable<TargetsAt> places, Func<CommandScope, IReadOnlyList<RunctlTarget>, Task> body)
    {
        foreach (var (scope, here) in places)
        {
            await ForTargetAsync(here is [var only] ? only.Id : null, () => body(scope, here));
        }
    }

    /// <summary>Calls for each run that is meant, with its scope; the failure of one does not end the command.</summary>
    /// <param name="targets">What a parameter was given.</param>
    /// <param name="resolve">Finds the runs that targets of one place mean.</param>
    /// <param name="body">Called for each run.</param>
    private protected Task ForEachRunAsync(
        IEnumerable<RunctlTarget> targets, Func<CommandScope, IReadOnlyList<RunctlTarget>, Task<IReadOnlyList<Resolved<RunctlTraining>>>> resolve, Func<CommandScope, RunctlTraining, Task> body) =>
        ForEachPlaceAsync(targets, async (scope, here) =>
        {
            foreach (var run in await resolve(scope, here))
            {
                await ForTargetAsync(run.Value?.RunId ?? run.Target.Id, () =>
                {
                    var training = run.Value ?? throw run.Error!;
                    Decided(string.Create(CultureInfo.InvariantCulture, $"Run {training.RunId} means its attempt {training.Attempt}{(training.InstanceId.Length > 0 ? $" on {training.InstanceId}" : "")}, which is {training.State}."));
                    return body(scope, Session.Remember(training));
                });
            }
        });

    /// <summary>Adds targets to those of their places; what names nothing is an error of its own.</summary>
    private protected async Task PlaceAsync(IEnumerable<RunctlTarget> targets, List<TargetsAt> places)
    {
        foreach (var target in targets)
        {
            await ForTargetAsync(target.Id, () =>
            {
                var scope = target.Kind == TargetKind.Nothing ? throw CommandErrors.TargetMissing(target) : OpenScope(target);
                var place = places.Find(known => known.Scope.IsOfSamePlace(scope));
                if (place is null)
                {
                    places.Add(place = new TargetsAt(scope, []));
                }

                place.Targets.Add(target);
                return Task.CompletedTask;
            });
        }
    }

    /// <summary>Where relative paths begin: the session's location in the file system.</summary>
    private protected string CurrentDirectory => SessionState.Path.CurrentFileSystemLocation.ProviderPath;

    /// <summary>Makes a path absolute, by the session's location.</summary>
    private protected string FullPath(string path)
    {
        var full = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
        return provider.Name == "FileSystem" ? full : throw CommandErrors.PathNotFileSystem(path);
    }

    /// <summary>Writes a file or directory as Get-Item does, so that it shows its directory, owner and mode.</summary>
    private protected void WriteItem(string path)
    {
        foreach (var item in InvokeProvider.Item.Get([path], force: true, literalPath: true))
        {
            WriteObject(item);
        }
    }

    private protected static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private Dictionary<string, object?> SessionSettings(Dictionary<string, object?> parameters)
    {
        var settings = new Dictionary<string, object?>(StringComparer.Ordinal);

        // An explicit profile means AWS itself, and so does an object that was found there: its endpoint is known, and null. What an earlier object of the
        // pipeline bound still counts as bound when a text follows it.
        var isAws = parameters[nameof(RunctlConfiguration.ProfileName)] is not null
            || (parameters[nameof(RunctlConfiguration.EndpointUrl)] is null && (_place?.KnowsEndpoint ?? IsBound(nameof(EndpointUrl))));
        // At another endpoint the sandbox's bucket and region mean nothing.
        if (RunningSandboxes.DefaultOf(Session) is { } sandbox && !isAws && (parameters[nameof(RunctlConfiguration.EndpointUrl)] is not Uri endpoint || endpoint == sandbox.EndpointUrl))
        {
            Connections.AddSettings(sandbox, settings);
        }
        else if (AwsToolsDefaults.Region(SessionState.PSVariable) is { Length: > 0 } region)
        {
            settings[nameof(RunctlConfiguration.Region)] = region;
        }

        return settings;
    }
}
