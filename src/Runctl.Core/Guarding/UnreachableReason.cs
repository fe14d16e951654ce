using Runctl.Errors;
using Runctl.Instances;
using Runctl.Ports;

namespace Runctl.Guarding;

/// <summary>Says why instances do not answer, by one question to EC2 for all of them.</summary>
internal sealed class UnreachableReason(ICloud cloud)
{
    /// <summary>What the instances are by EC2; those that it does not know are missing. Null where EC2 cannot be asked.</summary>
    public async Task<IReadOnlyDictionary<string, RunctlInstance>?> LookAsync(IReadOnlyCollection<string> instanceIds, CancellationToken cancellationToken)
    {
        try
        {
            return (await cloud.Instances.FindAsync(new InstanceQuery { InstanceIds = [.. instanceIds] }, cancellationToken).ConfigureAwait(false))
                .ToDictionary(i => i.InstanceId, StringComparer.Ordinal);
        }
        catch (RunctlException)
        {
            return null;
        }
    }

    /// <summary>An answer for each instance: it is gone, or else what <paramref name="alive"/> makes of it.</summary>
    public async Task<IReadOnlyList<GuardAnswer>> ExplainAsync(IReadOnlyCollection<string> instanceIds, Func<string, RunctlInstance?, RunctlException> alive, CancellationToken cancellationToken)
    {
        if (instanceIds.Count == 0)
        {
            return [];
        }

        var known = await LookAsync(instanceIds, cancellationToken).ConfigureAwait(false);
        return [.. instanceIds.Select(id => new GuardAnswer(id, null, known is null ? alive(id, null) : IsGone(known, id) ? Gone(known, id) : alive(id, known[id])))];
    }

    /// <summary>Whether EC2 says that nothing runs there.</summary>
    public static bool IsGone(IReadOnlyDictionary<string, RunctlInstance> known, string id) => known.GetValueOrDefault(id) is not { State: Ec2States.Running or Ec2States.Pending };

    private static RunctlException Gone(IReadOnlyDictionary<string, RunctlInstance> known, string id) =>
        RunctlErrors.InstanceGone(id, known.GetValueOrDefault(id)?.State, known.GetValueOrDefault(id)?.StateReason);
}
