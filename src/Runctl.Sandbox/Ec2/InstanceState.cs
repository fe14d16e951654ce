namespace Runctl.Sandbox.Ec2;

/// <summary>States of an instance, with EC2's codes.</summary>
internal enum InstanceState
{
    /// <summary>Being set up.</summary>
    Pending = 0,

    /// <summary>Powered on.</summary>
    Running = 16,

    /// <summary>On its way to <see cref="Terminated"/>.</summary>
    ShuttingDown = 32,

    /// <summary>Gone for good; it stays listed.</summary>
    Terminated = 48,

    /// <summary>On its way to <see cref="Stopped"/>.</summary>
    Stopping = 64,

    /// <summary>Powered off, its disk kept.</summary>
    Stopped = 80,
}
