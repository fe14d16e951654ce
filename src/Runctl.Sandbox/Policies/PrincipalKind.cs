namespace Runctl.Sandbox.Policies;

/// <summary>Which policies a principal has.</summary>
internal enum PrincipalKind
{
    /// <summary>May do everything, as the administrator of an account.</summary>
    Administrator,

    /// <summary>The person whose keys the sandbox gives out.</summary>
    Person,

    /// <summary>The role of an instance.</summary>
    Role,
}
