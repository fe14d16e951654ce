namespace Runctl.Sandbox;

/// <summary>Whether an instance learns of its interruption; it is taken at the same time in any case.</summary>
public enum SandboxNoticeMode
{
    /// <summary>The notice is there when it should be.</summary>
    Timely,

    /// <summary>The notice comes late, after its delay.</summary>
    Late,

    /// <summary>No notice comes.</summary>
    None,
}
