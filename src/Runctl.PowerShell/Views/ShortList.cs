using System.Collections;
using System.Management.Automation;
using Runctl.Checkpoints;
using Runctl.Drills;
using Runctl.Events;
using Runctl.Instances;
using Runctl.PowerShell.Configuration;
using Runctl.PowerShell.Sandboxes;
using Runctl.Processes;
using Runctl.Setup;
using Runctl.Training;

namespace Runctl.PowerShell.Views;

/// <summary>The at most eight properties that PowerShell lists of an object if it follows objects of another kind; empty ones are left out.</summary>
/// <remarks>
/// Such a list takes no view, only a property set. A set in Runctl.types.ps1xml holds for all objects of a type and wins over an object's own; so types with properties that may be empty have no set there.
/// </remarks>
internal static class ShortList
{
    private const string Members = "PSStandardMembers";
    private const string Set = "DefaultDisplayPropertySet";

    private static readonly Dictionary<Type, string[]> Names = new()
    {
        [typeof(RunctlInstance)] = ["InstanceId", "InstanceType", "State", "Age", "HourlyPrice", "Cost", "RunId", "TrainingState"],
        [typeof(RunctlTraining)] = ["RunId", "Instance", "State", "StateReason", "Attempt", "ExitCode", "LastStep", "Checkpoint", "MonitorJob"],
        [typeof(RunctlCheckpoint)] = ["Name", "Step", "StepIsExact", "Size", "SavedAt", "Reason", "RunId", "S3Uri"],
        [typeof(RunctlEvent)] = ["Time", "RunId", "Kind", "Message"],
        [typeof(RunctlDrillReport)] = ["Passed", "Reason", "RunId", "InstanceId", "SecondsToSpare", "StepsLost", "Checkpoint", "Manifest"],
        [typeof(RunctlProcess)] = ["ProcessId", "CpuPercent", "Memory", "GpuMemory", "CpuTime", "RunId", "InstanceId", "Command"],
        [typeof(RunctlInstanceUsage)] = ["InstanceId", "State", "InterruptionTime", "Cpus", "Load", "MemoryAvailable", "MemoryTotal", "ActiveTrainings"],
        [typeof(RunctlSetting)] = ["Name", "DisplayValue", "Source", "Path"],
        [typeof(RunctlSetupCheck)] = ["Name", "Passed", "Seen", "Remedy"],
        [typeof(Runctl.Sandbox.RunctlSandboxFault)] = ["Operation", "Kind", "Count", "Probability", "InstanceId", "Hits"],
    };

    /// <summary>Gives an object of the module the set of those properties that have a value.</summary>
    /// <param name="value">An object for the pipeline.</param>
    public static void Apply(object? value)
    {
        var wrapped = value as PSObject;
        if ((wrapped is null ? value : wrapped.BaseObject) is { } bare && Names.TryGetValue(bare.GetType(), out var names))
        {
            wrapped ??= PSObject.AsPSObject(bare);
            wrapped.Members.Remove(Members);
            wrapped.Members.Add(new PSMemberSet(Members, [new PSPropertySet(Set, names.Where(name => !IsEmpty(wrapped.Properties[name]?.Value)))]));
        }
    }

    private static bool IsEmpty(object? value) => value is null or "" or ICollection { Count: 0 };
}
