namespace Runctl.Ports;

/// <summary>S3, as far as Runctl uses it.</summary>
public interface IObjectStore
{
}
