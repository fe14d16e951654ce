namespace Runctl.Reports.Html;

/// <summary>Markup that this code wrote, and that goes into a page as it is.</summary>
/// <param name="Text">The markup.</param>
internal readonly record struct Raw(string Text);
