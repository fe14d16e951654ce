namespace Runctl.Sandbox.Ec2;

/// <summary>What makes an instance out of a record: its disk, its processes and its metadata service.</summary>
internal interface IInstancePower
{
    /// <summary>
    /// Powers on; the disk is new at the first call and kept from then on. A hibernated instance goes on where it was, and boots nothing.
    /// </summary>
    Task PowerOnAsync(InstanceRecord record, CancellationToken ct);

    /// <summary>Stops every process where it is, with all that it knows. Only powering on or off follows.</summary>
    Task HibernateAsync(InstanceRecord record);

    /// <summary>
    /// Kills every process at once. The disk goes where the record says <see cref="InstanceState.ShuttingDown"/> and stays where it
    /// says <see cref="InstanceState.Stopping"/>. Called for an instance that never was on as well.
    /// </summary>
    Task PowerOffAsync(InstanceRecord record);
}
