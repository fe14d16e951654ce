using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>A session with a sandbox of its own, shared by the tests of a class.</summary>
public class SandboxFixture : IDisposable
{
    private readonly ModuleSession _session = new();
    private readonly Lazy<string> _instance;

    public SandboxFixture()
        : this("")
    {
    }

    protected SandboxFixture(string options)
    {
        Endpoint = _session.Run($"$sandbox = Start-RunctlSandbox -UseAsDefault {options}; $sandbox.EndpointUrl").Single;
        Directory = _session.Run("$sandbox.Directory").Single;
        Other = new OtherClient(_session.Run("$sandbox.GetAdministratorEnvironment()").Single);
        _instance = new Lazy<string>(Launch);
    }

    /// <summary>Endpoint of the sandbox.</summary>
    public Uri Endpoint { get; }

    /// <summary>Where it keeps everything.</summary>
    public string Directory { get; }

    /// <summary>An instance that is ready, and shared.</summary>
    public string Instance => _instance.Value;

    /// <summary>Launches an instance and waits until it is ready.</summary>
    public string Launch() => Run("New-RunctlSpotInstance g5.xlarge -Wait").Single.InstanceId;

    public void Dispose()
    {
        _session.Run("Get-Job | Remove-Job -Force; Stop-RunctlSandbox");
        _session.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Another tool of the same account.</summary>
    internal OtherClient Other { get; }

    /// <summary>The parameters by which another session of this process joins it.</summary>
    internal string Joined => $"-Region us-east-1 -EndpointUrl {Endpoint}";

    /// <summary>The environment of another process that joins it.</summary>
    internal Dictionary<string, string> Joining(Project project) => new((IDictionary<string, string>)_session.Run("$sandbox.GetEnvironment()").Single)
    {
        ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "",
        ["HOME"] = project.Directory,
        ["DOTNET_ROOT"] = Environment.GetEnvironmentVariable("DOTNET_ROOT") ?? "",
    };

    /// <summary>A path on an instance, as it is here.</summary>
    internal string PathOn(string instance, string path) => Path.Combine(Directory, instance, path);

    /// <summary>Runs a script in the session.</summary>
    internal SessionResult Run(string script) => _session.Run(script);

    /// <summary>Runs a script in the session and stops it after a while.</summary>
    internal TimeSpan Stop(string script, TimeSpan after) => _session.Stop(script, after);

    /// <summary>Runs a script in the session and stops it at a moment.</summary>
    internal TimeSpan Stop(string script, Func<bool> when) => _session.Stop(script, when);

    /// <summary>Lets the person work with instances that Runctl did not launch.</summary>
    internal void AllowAnyInstance() => Assert.Empty(Run("Set-RunctlSandbox -Policy (Get-RunctlPolicy -AnyInstance -S3Bucket runctl-sandbox -IamInstanceProfile RunctlSandbox)").Errors);

    /// <summary>Sets a fault of the sandbox.</summary>
    internal void Fault(string entries) => Assert.Empty(Run($"Set-RunctlSandbox -Fault @{{ {entries} }}").Errors);

    /// <summary>Answers the questions to come, a choice's first letter each.</summary>
    internal void Answer(params char[] answers) => _session.Answer(answers);

    /// <summary>Sets a variable of the session.</summary>
    internal void Set(string name, object? value) => _session.Set(name, value);

    /// <summary>What was shown on the screen beside all streams, also by what goes on in the background.</summary>
    internal string Shown => _session.Shown;

    /// <summary>What a script shows on the screen.</summary>
    internal string Show(string script) => _session.Show(script);

    /// <summary>Goes to a project; the path of its script is in $script.</summary>
    internal void Enter(Project project, string script = "train.py")
    {
        _session.GoTo(project.Directory);
        _session.Set("script", project[script]);
    }

    /// <summary>Starts a project's script on an instance; the run is in $run.</summary>
    internal SessionResult Start(Project project, string instance, string options = "", string script = "train.py")
    {
        Enter(project, script);
        return Run($"$run = Start-RunctlTraining $script {instance} -SyncCode -NoMonitor {options}; $run");
    }

    /// <summary>Starts a project's script, waits until it has ended and gives its log.</summary>
    internal string Train(Project project, string instance, string options = "", string script = "train.py")
    {
        Assert.Empty(Start(project, instance, options, script).Errors);
        var ended = Run("$run | Wait-RunctlTraining -PollInterval 500ms -Timeout 120s").Single;
        var log = string.Join('\n', Run("Get-RunctlTrainingLog $run").Output);
        Assert.True(ended.ExitCode == 0, log);
        return log;
    }

    /// <summary>Waits until $run has taken some steps.</summary>
    internal void WaitForSteps() =>
        Assert.True(Eventually.Holds(() => Run("(Get-RunctlTraining $run.RunId).LastStep").Single is >= 3L));
}
