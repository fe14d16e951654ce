using System.Collections;
using System.Management.Automation;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Sandboxes;
using Runctl.PowerShell.Targets;

namespace Runctl.PowerShell.Completion;

/// <summary>What a completer knows: the session, the settings in force here, and the parameters that stand in the line already.</summary>
/// <param name="bound">The parameters in the line, as far as they can be told without running anything.</param>
internal sealed class CompletionScope(IDictionary bound)
{
    // A user waits for it at every tab.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(700);

    private readonly Lazy<SessionState> _state = new(ReadState);
    private RunctlConfiguration? _configuration;

    /// <summary>The session's memory.</summary>
    public KnownTargets Known { get; } = RunctlSession.Current.Known;

    /// <summary>The settings in force; the defaults where a file cannot be read, which is for the command itself to say.</summary>
    public RunctlConfiguration Configuration => _configuration ??= Read();

    /// <summary>The targets that a parameter in the line names.</summary>
    public IEnumerable<RunctlTarget> Targets(string parameter) => bound.Contains(parameter) ? RunctlTarget.Of(bound[parameter]) : [];

    /// <summary>Asks AWS for what the session does not know, for as long as a user can wait. The answer is kept, and so is that there was none: it is asked again after a minute.</summary>
    /// <param name="what">What is asked for.</param>
    /// <param name="ask">Asks, and adds the answer to what the session knows.</param>
    public void Learn(string what, Func<CommandScope, CancellationToken, Task> ask)
    {
        if (Connect() is not { } scope || !Known.MayAsk($"{what} {scope.Cloud.Connection.EndpointUrl} {scope.Cloud.Region} {Configuration.S3Bucket}"))
        {
            return;
        }

        using var limit = new CancellationTokenSource(Patience);

        // What does not end at the limit is left behind: it ends by itself.
        Task.WaitAny([Task.Run(() => ask(scope, limit.Token), limit.Token)], Patience);
    }

    /// <summary>The connection; null without a region or credentials, which the command itself reports. The names that are known are offered all the same.</summary>
    private CommandScope? Connect()
    {
        try
        {
            var scope = new CommandScope(Configuration, RunctlSession.Current.Connect(Connections.For(Configuration, _state.Value.PSVariable, isProfileNamed: false)));
            return scope.Cloud.Region is null ? null : scope;
        }
        catch (RunctlException)
        {
            return null;
        }
    }

    private RunctlConfiguration Read()
    {
        var parameters = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            [nameof(RunctlConfiguration.Region)] = Text(bound, "Region"),
            [nameof(RunctlConfiguration.ProfileName)] = Text(bound, "ProfileName"),
            [nameof(RunctlConfiguration.EndpointUrl)] = Uri.TryCreate(Text(bound, "EndpointUrl"), UriKind.Absolute, out var endpoint) ? endpoint : null,
            [nameof(RunctlConfiguration.S3Bucket)] = Text(bound, "S3Bucket"),
        };
        var session = new Dictionary<string, object?>(StringComparer.Ordinal);
        if (parameters.Values.All(value => value is null) && RunningSandboxes.DefaultOf(RunctlSession.Current) is { } sandbox)
        {
            Connections.AddSettings(sandbox, session);
        }
        else if (AwsToolsDefaults.Region(_state.Value.PSVariable) is { Length: > 0 } region)
        {
            session[nameof(RunctlConfiguration.Region)] = region;
        }

        var directory = _state.Value.Path.CurrentFileSystemLocation.ProviderPath;
        var reader = new ConfigurationReader(AdaptersLoader.Adapters, Environment.GetEnvironmentVariable);
        var overrides = new ConfigurationOverrides(parameters, session);
        try
        {
            return reader.Read(directory, overrides);
        }
        catch (RunctlException)
        {
            return reader.ReadFile(null, overrides);
        }
    }

    /// <summary>The variables and the location of the session. A command runs while it completes, so the proxy of the runspace refuses.</summary>
    private static SessionState ReadState()
    {
        using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
        return shell.AddScript("$ExecutionContext.SessionState").Invoke<SessionState>()[0];
    }

    private static string? Text(IDictionary bound, string parameter) => bound.Contains(parameter) && bound[parameter]?.ToString() is { Length: > 0 } text ? text : null;
}
