namespace Runctl.Ports;

/// <summary>EC2, as far as Runctl uses it.</summary>
public interface IInstanceService
{
}
