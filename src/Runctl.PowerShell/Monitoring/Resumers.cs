using Runctl.Errors;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;
using Runctl.Resuming;

namespace Runctl.PowerShell.Monitoring;

/// <summary>Makes what resumes runs by itself, where the settings say so.</summary>
internal static class Resumers
{
    /// <summary>The resumer of a command's scope, or null where runs are only watched.</summary>
    /// <param name="scope">Settings and connection.</param>
    /// <param name="warnAfterStop">Is told what costs money and could not be undone, where nobody watches any more.</param>
    /// <param name="mayResume">Whether the run can be resumed at all: one that Runctl did not start can not.</param>
    /// <exception cref="RunctlException">It is asked for and can not be done.</exception>
    public static AutoResumer? For(CommandScope scope, Action<string> warnAfterStop, bool mayResume = true)
    {
        Check(scope, mayResume);
        return scope.Configuration.AutoResume && mayResume
            ? RunctlSession.Current.Keep(scope.Cloud, new AutoResumer(scope.Cloud, AdaptersLoader.Adapters, scope.Configuration, TimeProvider.System, warnAfterStop)) : null;
    }

    /// <summary>Refuses what can not be done, before anything is.</summary>
    public static void Check(CommandScope scope, bool mayResume = true)
    {
        if (scope.Configuration is { AutoResume: true, S3Bucket: null } && mayResume)
        {
            throw CommandErrors.AutoResumeNeedsBucket();
        }
    }
}
