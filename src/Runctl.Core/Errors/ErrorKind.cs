namespace Runctl.Errors;

/// <summary>Kinds of failure, each of which maps to one PowerShell error category.</summary>
public enum ErrorKind
{
    /// <summary>An argument or a file of the user's is wrong.</summary>
    InvalidInput,

    /// <summary>A thing the user named does not exist.</summary>
    NotFound,

    /// <summary>The thing exists, but its state does not allow it.</summary>
    InvalidState,

    /// <summary>It exists already, or somebody else has it.</summary>
    Conflict,

    /// <summary>Credentials are missing, wrong or expired.</summary>
    Authentication,

    /// <summary>The credentials do not allow it.</summary>
    PermissionDenied,

    /// <summary>No capacity, quota or space left.</summary>
    ResourceUnavailable,

    /// <summary>It took longer than allowed.</summary>
    Timeout,

    /// <summary>The network or a service failed.</summary>
    Connection,

    /// <summary>Something that was read is damaged or not what it should be.</summary>
    InvalidData,

    /// <summary>This platform or setup cannot do it.</summary>
    NotSupported,

    /// <summary>A defect of Runctl.</summary>
    Defect,
}
