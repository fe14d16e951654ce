namespace Runctl.Reports;

/// <summary>A value at a time.</summary>
/// <param name="Time">UTC.</param>
/// <param name="Value">A finite number.</param>
/// <param name="Attempt">The attempt that it belongs to.</param>
internal readonly record struct CurvePoint(DateTimeOffset Time, double Value, int Attempt);
