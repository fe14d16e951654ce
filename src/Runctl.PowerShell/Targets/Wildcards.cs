using System.Management.Automation;

namespace Runctl.PowerShell.Targets;

/// <summary>The wildcards of this module. What they are compared with are names of its own and of files, whatever the culture of the session.</summary>
internal static class Wildcards
{
    /// <summary>A wildcard for ids and words, which have no case.</summary>
    public static WildcardPattern OfWords(string pattern) => WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);

    /// <summary>A wildcard for names of files, which have case.</summary>
    public static WildcardPattern OfFiles(string pattern) => WildcardPattern.Get(pattern, WildcardOptions.CultureInvariant);
}
