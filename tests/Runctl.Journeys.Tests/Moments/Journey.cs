using System.Text;
using Runctl.Journeys.Tests.Sandboxed;
using Runctl.Checkpoints;
using Runctl.Configuration;
using Runctl.Errors;

namespace Runctl.Journeys.Tests.Moments;

/// <summary>
/// The sample training from its beginning to its end over as many instances as it takes, as its owner would go about it: start, and
/// when the machine was taken, start on another one from the newest checkpoint there is.
/// </summary>
internal sealed class Journey(SandboxFixture fixture, int seed, params Moment[] moments)
{
    private const int MostAttempts = 8;

    private readonly Random _random = new(seed);
    private readonly CheckpointCatalog _catalog = new(fixture.Cloud, fixture.Configuration);
    private string? _newest;

    /// <summary>A shell command to run before the training, once per instance.</summary>
    public string? Setup { get; init; }

    /// <summary>Told of every instance before anything is started on it, with the attempt's number from 0.</summary>
    public Action<string, int> OnInstance { get; init; } = (_, _) => { };

    /// <summary>How many instances it took.</summary>
    public int Attempts { get; private set; }

    /// <summary>On how many of them the interruption was detected, as S3 has it.</summary>
    public int Detected { get; private set; }

    /// <summary>Travels to the end.</summary>
    /// <returns>The final weights, as they are in S3.</returns>
    public async Task<byte[]> RunAsync(CancellationToken token)
    {
        using var project = new TempDirectory();
        while (Attempts < MostAttempts)
        {
            var moment = Attempts < moments.Length ? moments[Attempts] : null;
            var instance = await fixture.LaunchAsync(token);
            OnInstance(instance.InstanceId, Attempts++);
            var scene = new Scene(fixture.Sandbox, instance.InstanceId);
            Undisturbed.CopyTo(project.Path, waits: moment is not null);
            await AttemptAsync(scene, moment, project.Path, token);
            Detected += await IsDetectedAsync(instance.InstanceId, token) ? 1 : 0;
            if (await _catalog.ReadFileAsync(null, instance.InstanceId, "final.json", token) is { } final)
            {
                await fixture.Cloud.Instances.TerminateAsync([instance.InstanceId], token);
                return final;
            }

            Assert.True(moment is not null, "An undisturbed attempt did not finish: " + scene.Tell());
            _newest = (await FindAsync(instance.InstanceId, token))?.Manifest ?? _newest;
            await fixture.Cloud.Instances.TerminateAsync([instance.InstanceId], token);
        }

        throw new InvalidOperationException($"Not finished after {MostAttempts} attempts.");
    }

    private async Task AttemptAsync(Scene scene, Moment? moment, string project, CancellationToken token)
    {
        using var started = CancellationTokenSource.CreateLinkedTokenSource(token);
        var strike = moment?.StrikeAsync(scene, _random, started.Token) ?? Task.CompletedTask;
        try
        {
            var configuration = fixture.Configuration with
            {
                ProjectName = "digits", SetupCommand = Setup, GuardPollInterval = TimeSpan.FromMilliseconds(200),
            };
            await fixture.StartAsync(scene.InstanceId, project, Undisturbed.Script, token, _newest, configuration, Undisturbed.Arguments);
        }
        catch (RunctlException) when (moment is not null && (strike.IsCompletedSuccessfully || !scene.IsAlive))
        {
            // Taken in the middle of the start: there is nothing but to start elsewhere.
        }
        catch
        {
            await started.CancelAsync();
            throw;
        }

        await strike;
        await scene.ReachAsync(_ => false, token);
    }

    private async Task<bool> IsDetectedAsync(string instanceId, CancellationToken token)
    {
        var objects = fixture.Cloud.Objects;
        await foreach (var entry in objects.ListAsync(fixture.Sandbox.Bucket, fixture.Configuration.RunPrefix + "/runs/", token))
        {
            if (entry.Key.Contains("/events/", StringComparison.Ordinal)
                && Encoding.UTF8.GetString((await objects.ReadAsync(fixture.Sandbox.Bucket, entry.Key, token))!.Content.Span).Split('\n')
                    .Any(line => line.Contains("\"InterruptionDetected\"", StringComparison.Ordinal) && line.Contains(instanceId, StringComparison.Ordinal)))
            {
                return true;
            }
        }

        return false;
    }

    private async Task<RunctlCheckpoint?> FindAsync(string instanceId, CancellationToken token)
    {
        await foreach (var checkpoint in _catalog.FindAsync(null, instanceId, null, token))
        {
            return checkpoint;
        }

        return null;
    }
}
