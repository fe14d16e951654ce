namespace Runctl.Resuming;

/// <summary>What becomes of a run whose instance EC2 has stopped or hibernated, not terminated.</summary>
public enum RunctlStoppedInstance
{
    /// <summary>It goes on elsewhere, at once. The stopped instance remains, and its disk costs.</summary>
    Replace,

    /// <summary>It goes on there when EC2 starts the instance again, which may take days.</summary>
    Wait,
}
