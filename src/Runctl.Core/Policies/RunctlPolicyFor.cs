namespace Runctl.Policies;

/// <summary>The side that a policy is for.</summary>
public enum RunctlPolicyFor
{
    /// <summary>The role of the instances: the guard, and the training with it.</summary>
    Instance,

    /// <summary>The person that runs the cmdlets.</summary>
    Person,
}
