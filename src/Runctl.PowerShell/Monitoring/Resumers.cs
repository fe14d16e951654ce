using Runctl.Errors;
using Runctl.PowerShell.Composition;
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
        if (!scope.Configuration.AutoResume || !mayResume)
        {
            return null;
        }

        return scope.Configuration.S3Bucket is null ? throw RunctlErrors.AutoResumeNeedsBucket()
            : RunctlSession.Current.Keep(scope.Cloud, new AutoResumer(scope.Cloud, AdaptersLoader.Adapters, scope.Configuration, TimeProvider.System, warnAfterStop));
    }
}
