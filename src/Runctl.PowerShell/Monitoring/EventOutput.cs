using System.Management.Automation;
using Runctl.Events;

namespace Runctl.PowerShell.Monitoring;

/// <summary>How an event goes into a pipeline or a job: as an object, and a detection as a warning before it. The words of an interruption are fixed, and nothing stands before them.</summary>
internal static class EventOutput
{
    /// <summary>Marks an event whose first line was a warning: its view shows the rest, so that nothing is read twice.</summary>
    public const string WarnedType = "Runctl.Events.RunctlEvent#Warned";

    /// <summary>Marks an event of an interruption: its line is the message alone.</summary>
    public const string PromisedType = "Runctl.Events.RunctlEvent#Promised";

    /// <summary>Writes an event.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="warn">Writes a warning.</param>
    /// <param name="write">Writes an object.</param>
    public static void Write(RunctlEvent happened, Action<string> warn, Action<PSObject> write)
    {
        var output = PSObject.AsPSObject(happened);
        if (happened.Kind == EventKinds.InterruptionDetected)
        {
            warn(RunctlEvent.FirstLine(happened.Message));
            output.TypeNames.Insert(0, WarnedType);
        }
        else if (IsPromised(happened))
        {
            output.TypeNames.Insert(0, PromisedType);
        }

        write(output);
    }

    /// <summary>Whether the words of an event are fixed: from the time of an interruption to the upload of its checkpoint. Routine saves have no notice.</summary>
    private static bool IsPromised(RunctlEvent happened) => happened.Kind is EventKinds.InterruptionTime or EventKinds.TrainingSignalled
        || (happened is { Kind: EventKinds.CheckpointSaved or EventKinds.CheckpointUploaded, SecondsSinceNotice: not null });
}
