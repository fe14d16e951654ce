namespace Runctl.PowerShell.Sandboxes;

/// <summary>How the metadata service of a sandbox's instance answers.</summary>
public enum RunctlImdsMode
{
    /// <summary>As it should.</summary>
    Normal,

    /// <summary>401 to everything.</summary>
    Unauthorized,

    /// <summary>403 to everything.</summary>
    Forbidden,

    /// <summary>500 to everything.</summary>
    ServerError,

    /// <summary>It accepts connections and never answers.</summary>
    Silent,

    /// <summary>It answers late.</summary>
    Slow,
}
