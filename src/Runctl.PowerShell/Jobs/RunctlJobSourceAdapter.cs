using System.Collections.Concurrent;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Runctl.PowerShell.Targets;

namespace Runctl.PowerShell.Jobs;

/// <summary>Lists the jobs of -AsJob for Get-Job and its like. The engine makes one for each runspace that imports the module.</summary>
public sealed class RunctlJobSourceAdapter : JobSourceAdapter
{
    private const string JobParameter = "Job";

    private readonly ConcurrentDictionary<Guid, Job2> _jobs = new();

    /// <summary>Lists a job.</summary>
    internal static void Add(JobManager manager, RunctlJob job)
    {
        var definition = new JobDefinition(typeof(RunctlJobSourceAdapter), job.Command, job.Name);
        manager.NewJob(new JobInvocationInfo(definition, new CommandParameterCollection { new CommandParameter(JobParameter, job) }));
    }

    /// <inheritdoc/>
    public override Job2 NewJob(JobInvocationInfo specification)
    {
        var job = (RunctlJob)specification.Parameters[0][0].Value;
        _jobs[job.InstanceId] = job;
        return job;
    }

    /// <inheritdoc/>
    public override IList<Job2> GetJobs() => Find(_ => true);

    /// <inheritdoc/>
    public override IList<Job2> GetJobsByName(string name, bool recurse) => Find(job => Matches(name, job.Name));

    /// <inheritdoc/>
    public override IList<Job2> GetJobsByCommand(string command, bool recurse) => Find(job => Matches(command, job.Command));

    /// <inheritdoc/>
    public override Job2? GetJobByInstanceId(Guid instanceId, bool recurse) => _jobs.GetValueOrDefault(instanceId);

    /// <inheritdoc/>
    public override Job2? GetJobBySessionId(int id, bool recurse) => _jobs.Values.FirstOrDefault(job => job.Id == id);

    /// <inheritdoc/>
    public override IList<Job2> GetJobsByState(JobState state, bool recurse) => Find(job => job.JobStateInfo.State == state);

    /// <inheritdoc/>
    public override IList<Job2> GetJobsByFilter(Dictionary<string, object> filter, bool recurse) =>
        Find(job => filter.All(wanted => LanguagePrimitives.Equals(PSObject.AsPSObject(job).Properties[wanted.Key]?.Value, wanted.Value, ignoreCase: true, CultureInfo.InvariantCulture)));

    /// <inheritdoc/>
    public override void RemoveJob(Job2 job)
    {
        _jobs.TryRemove(job.InstanceId, out _);
        job.Dispose();
    }

    private static bool Matches(string pattern, string text) => Wildcards.OfWords(pattern).IsMatch(text);

    private List<Job2> Find(Func<Job2, bool> which) => [.. _jobs.Values.Where(which).OrderBy(job => job.Id)];
}
