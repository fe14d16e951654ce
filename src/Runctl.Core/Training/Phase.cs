using System.Globalization;

namespace Runctl.Training;

/// <summary>A measured part of something longer.</summary>
/// <param name="name">Name of the phase, for example <c>upload</c>.</param>
/// <param name="seconds">How long it took, in seconds.</param>
public sealed class Phase(string name, double seconds)
{
    /// <summary>Name of the phase, for example <c>upload</c>.</summary>
    public string Name { get; } = name;

    /// <summary>How long it took, in seconds.</summary>
    public double Seconds { get; } = seconds;

    /// <summary>The name and the seconds, for example <c>upload 12.50 s</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} {Seconds:0.00} s");
}
