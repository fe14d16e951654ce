namespace Runctl.Sandbox;

/// <summary>How an instance's metadata service answers.</summary>
public enum SandboxImdsMode
{
    /// <summary>As it should.</summary>
    Normal,

    /// <summary>401 to everything, as if no token were good.</summary>
    Unauthorized,

    /// <summary>403 to everything, as where it is turned off.</summary>
    Forbidden,

    /// <summary>500 to everything.</summary>
    ServerError,

    /// <summary>It accepts the connection and never answers.</summary>
    Silent,

    /// <summary>It answers late, after its delay.</summary>
    Slow,
}
