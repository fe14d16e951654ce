namespace Runctl.PowerShell.Sandboxes;

/// <summary>Whether an instance of a sandbox learns of its interruption.</summary>
public enum RunctlNoticeMode
{
    /// <summary>When it should.</summary>
    Timely,

    /// <summary>Late.</summary>
    Late,

    /// <summary>Not at all: it is taken without notice.</summary>
    None,
}
