namespace Runctl.Reports;

/// <summary>A figure that a line of a log tells.</summary>
/// <param name="Name">Its name in lower case with underscores, for example <c>val_loss</c>.</param>
/// <param name="Value">Its value; may be nan or infinite.</param>
/// <param name="IsScore">Whether more is better, as with an accuracy.</param>
internal readonly record struct LogFigure(string Name, double Value, bool IsScore);
