namespace Runctl.Ports;

/// <summary>SSM, as far as Runctl uses it.</summary>
public interface ICommandService
{
}
