using System.Collections.Concurrent;
using System.IO.Compression;
using System.Management.Automation;
using System.Text;
using System.Text.RegularExpressions;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>
/// A secret of its own kind in each place where a user can put one. Each may be only where the user's own word puts it; docs/protocol.md says where that is.
/// Takes half a minute: a start, a drill and a resume, and a look at everything that they leave.
/// </summary>
public sealed partial class CanaryTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    private const string Trainer =
        """
        import json, os, signal, sys, time
        directory = os.environ["RUNCTL_CHECKPOINT_DIR"]
        os.makedirs(directory, exist_ok=True)
        stopping = []
        signal.signal(signal.SIGTERM, lambda *_: stopping.append(1))
        resumed = "--resume" in sys.argv
        with open(os.environ["RUNCTL_PROGRESS_FILE"], "a", buffering=1) as progress:
            for step in range(1, 5 if resumed else 100000):
                progress.write("step %d\n" % step)
                time.sleep(0.05)
                if stopping:
                    break
        with open(os.path.join(directory, "epoch_%d.json" % step), "w") as file:
            json.dump({"step": step}, file)
        """;

    private readonly Dictionary<string, string> _canaries = [];
    private readonly ConcurrentDictionary<string, string> _processes = new();

    [Fact]
    public async Task A_secret_is_nowhere_but_where_the_users_own_word_puts_it()
    {
        using var project = new Project();
        using var stop = new CancellationTokenSource();
        var watching = WatchProcessesAsync(stop.Token);
        project.Write("train.py", Trainer);
        project.Write("notes.txt", Canary("project file"));
        project.Write(".runctl.toml", $"""
            [training]
            setup_command = "test -n '{Canary("setup command")}'"
            python = "python3"
            environment = @E LITERAL = "{Canary("environment")}", FROM_SSM = "{await sandbox.Other.PutParameterAsync(Canary("parameter"))}" @Z
            [alerts]
            webhook_url = "{await sandbox.Other.PutParameterAsync("http://127.0.0.1:9/services/" + Canary("webhook"))}"
            """.Replace("@E", "{", StringComparison.Ordinal).Replace("@Z", "}", StringComparison.Ordinal));
        _canaries["credentials"] = sandbox.Other.Environment["AWS_SECRET_ACCESS_KEY"];
        var (streams, processes) = (new StringBuilder(), new StringBuilder());
        Environment.SetEnvironmentVariable("RUNCTL_TEST_SESSION_KEY", Canary("session"));
        try
        {
            sandbox.Enter(project);
            Assert.Empty(sandbox.Run("Set-RunctlSandbox -Policy (Get-RunctlPolicy -S3Bucket runctl-sandbox -IamInstanceProfile RunctlSandbox)").Errors);
            Say("$VerbosePreference = $DebugPreference = $InformationPreference = 'Continue'");
            var instance = (string)Say($"New-RunctlSpotInstance g5.xlarge -Wait -Tag @{{ note = '{Canary("tag")}' }}").Output[^1].Properties["InstanceId"].Value;
            Say($"$run = Start-RunctlTraining $script {instance} -SyncCode -NoMonitor -ScriptArgument '--key', '{Canary("argument")}' -Environment @{{ MY_TOKEN = '{Canary("variable")}' }}; $run");
            sandbox.WaitForSteps();
            Say("Get-RunctlProcess $run", processes);
            Say("$run | Invoke-RunctlInterruptionDrill -Window 20s -PollInterval 500ms");
            Say("$run | Resume-RunctlTraining -NoMonitor -Confirm:$false");
            Say("$run | Wait-RunctlTraining -PollInterval 500ms -Timeout 120s -Verbose -Debug -AsJob | Receive-Job -Wait");
            Say("Get-RunctlTraining; Get-RunctlInstance; Get-RunctlCheckpoint; Get-RunctlConfiguration | Where-Object Name -ne SetupCommand; $run | Get-RunctlTrainingLog -All; Test-RunctlSetup -Script $script");

            // What fails, with what the errors say.
            instance = sandbox.Run("(Get-RunctlTraining $run.RunId).InstanceId").Single;
            Say($"Start-RunctlTraining ./no-such.py {instance} -SyncCode -ScriptArgument '{Canary("argument of a failure")}'");
            Say($"Start-RunctlTraining $script {instance} -SyncCode -ScriptArgument \"{Canary("argument of a refusal")}`0\"");
            Say($"Start-RunctlTraining $script {instance} -SyncCode -NoMonitor -Environment @{{ KEY = 'ssm:/no/such' }} -ScriptArgument '{Canary("argument of a start that failed")}'");
            Say($"Get-RunctlInstance -EndpointUrl http://me:{Canary("address")}@127.0.0.1:9/");
        }
        finally
        {
            Environment.SetEnvironmentVariable("RUNCTL_TEST_SESSION_KEY", null);
            sandbox.Run("$VerbosePreference = $DebugPreference = $InformationPreference = 'SilentlyContinue'");
        }

        await stop.CancelAsync();
        await watching;
        var places = new Dictionary<string, string> { ["streams"] = streams.ToString(), ["streams of Get-RunctlProcess"] = processes.ToString() };
        await AddBucketAsync(places);
        await AddCommandsAsync(places);
        AddFiles(places, project);
        foreach (var (name, text) in _processes)
        {
            places[name] = text;
        }

        Assert.Contains(places, place => place.Key.EndsWith("/spec.json", StringComparison.Ordinal) && place.Value.Contains(_canaries["argument"], StringComparison.Ordinal));
        Assert.Contains(_canaries["argument"], places["commands"]);
        Assert.Contains("Setting SetupCommand is given: File", places["streams"]);
        Assert.Contains("SSM SendCommand: 200, ", places["streams"]);
        Assert.Contains("S3 PutObject: 200, ", places["streams"]);
        Assert.Contains(places.Keys, name => name.StartsWith("guard ", StringComparison.Ordinal));
        var found = from place in places
                    from canary in _canaries
                    where place.Value.Contains(canary.Value, StringComparison.Ordinal) && !IsMeant(canary.Key, place.Key)
                    select $"{canary.Key}: in {place.Key}";
        Assert.True(!found.Any(), string.Join('\n', found.Order()));

        SessionResult Say(string script, StringBuilder? into = null)
        {
            into ??= streams;
            var result = sandbox.Run(script);
            into.AppendLine(result.Everything).AppendLine(string.Join('\n', result.Errors.Select(error => $"{error.Exception} {error.TargetObject}")));
            into.AppendLine(string.Join('\n', result.Progress.Select(record => $"{record.Activity} {record.StatusDescription} {record.CurrentOperation}")));
            into.AppendLine(sandbox.Show("Get-Job | Format-List *"));
            foreach (var item in result.Output)
            {
                into.AppendLine(string.Join('\n', item.Properties.Where(property => property.Name is not "Tags").Select(property => Shown(property))));
            }

            return result;
        }
    }

    /// <summary>Where the user's own word puts it.</summary>
    private static bool IsMeant(string canary, string place)
    {
        var isSpec = place.EndsWith("/spec.json", StringComparison.Ordinal) || place == "commands";
        var isCode = place.Contains("/code/", StringComparison.Ordinal);
        var isTraining = place.StartsWith("training ", StringComparison.Ordinal);
        return canary switch
        {
            // A resume starts the same script with them: spec.json has them, and the command that brings it.
            "variable" => isSpec || isTraining,
            // The file that has them is one of the project's.
            "environment" or "setup command" => isSpec || isTraining || isCode || place.EndsWith("/.runctl.toml", StringComparison.Ordinal),
            "argument of a start that failed" => isSpec || isTraining,
            // Get-RunctlProcess shows command lines.
            "argument" => isSpec || isTraining || place is "streams of Get-RunctlProcess" or "outputs of commands",
            // The variables of the training are those of its process.
            "parameter" => isTraining,
            "tag" => isSpec,
            "project file" => isCode || place.EndsWith("/notes.txt", StringComparison.Ordinal),
            _ => false,
        };
    }

    private string Canary(string kind) => _canaries[kind] = $"canary{Guid.NewGuid():N}";

    private static string Shown(PSPropertyInfo property)
    {
        try
        {
            return $"{property.Name} {property.Value}";
        }
        catch (GetValueException)
        {
            return property.Name;
        }
    }

    private async Task AddBucketAsync(Dictionary<string, string> places)
    {
        foreach (var key in await sandbox.Other.ListObjectsAsync("runctl-sandbox", ""))
        {
            places["s3/" + key] = Unpacked(await sandbox.Other.ReadObjectAsync("runctl-sandbox", key));
        }
    }

    /// <summary>What SSM keeps of commands, and of what they printed.</summary>
    private async Task AddCommandsAsync(Dictionary<string, string> places)
    {
        places["commands"] = Decoded(string.Join('\n', await sandbox.Other.ScriptsAsync()));
        places["outputs of commands"] = Decoded(string.Join('\n', await sandbox.Other.OutputsAsync()));
    }

    private void AddFiles(Dictionary<string, string> places, Project project)
    {
        var everything = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        var temporary = new DirectoryInfo(Path.GetTempPath()).EnumerateFiles("*", new EnumerationOptions { AttributesToSkip = FileAttributes.ReparsePoint });
        foreach (var file in new DirectoryInfo(sandbox.Directory).EnumerateFiles("*", everything).Concat(temporary.Where(file => file.LastWriteTimeUtc > DateTime.UtcNow.AddMinutes(-10) && file.Length < 1 << 24)))
        {
            // A pipe has no length, and reading it would wait. The objects of the bucket are looked at by their keys.
            if (file.Length > 0 && !file.FullName.StartsWith(project.Directory, StringComparison.Ordinal) && !file.FullName.StartsWith(Path.Combine(sandbox.Directory, "s3"), StringComparison.Ordinal) && Read(file.FullName) is { } content)
            {
                places[file.FullName] = Unpacked(content);
            }
        }
    }

    /// <summary>Command lines and variables of all processes of the instances, as often as they can be looked at.</summary>
    private async Task WatchProcessesAsync(CancellationToken cancellationToken)
    {
        var mark = "RUNCTL_ROOT=" + sandbox.Directory;
        while (!cancellationToken.IsCancellationRequested)
        {
            foreach (var process in Directory.EnumerateDirectories("/proc", "*").Where(path => path[^1] is >= '0' and <= '9'))
            {
                if (Read(process + "/environ") is { } environ && Read(process + "/cmdline") is { } line && Encoding.UTF8.GetString(environ) is var variables && variables.Contains(mark, StringComparison.Ordinal))
                {
                    var command = Encoding.UTF8.GetString(line).Replace('\0', ' ');
                    // The command that brings a spec has it as base64, as SSM has.
                    var kind = command.Contains(".pyz", StringComparison.Ordinal) ? "guard" : variables.Contains("RUNCTL_ATTEMPT=", StringComparison.Ordinal) ? "training" : "machine";
                    _processes.TryAdd($"{kind} {process} {command[..Math.Min(command.Length, 80)]}", command + variables);
                }
            }

            await Task.Delay(50, CancellationToken.None);
        }
    }

    private static byte[]? Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone, or of another user.
            return null;
        }
    }

    /// <summary>The content and what is packed in it.</summary>
    private static string Unpacked(byte[] content)
    {
        var text = Encoding.Latin1.GetString(content);
        if (content is not [0x1f, 0x8b, ..])
        {
            return text;
        }

        using var gzip = new GZipStream(new MemoryStream(content), CompressionMode.Decompress);
        using var buffer = new MemoryStream();
        gzip.CopyTo(buffer);
        return text + Encoding.Latin1.GetString(buffer.ToArray());
    }

    /// <summary>With what it has as base64, packed or not.</summary>
    private static string Decoded(string text)
    {
        var decoded = new StringBuilder(text);
        foreach (Match match in Base64().Matches(text))
        {
            var bytes = new byte[match.Length];
            if (Convert.TryFromBase64String(match.Value, bytes, out var length))
            {
                decoded.Append('\n').Append(Unpacked(bytes[..length]));
            }
        }

        return decoded.ToString();
    }

    [GeneratedRegex("[A-Za-z0-9+/]{16,}={0,2}")]
    private static partial Regex Base64();
}
