using System.Collections.Frozen;
using System.Management.Automation;

namespace Runctl.PowerShell.Views;

/// <summary>Colours of states in views, from the session's $PSStyle. PowerShell takes them away if the output is plain.</summary>
public static class ViewColor
{
    private static readonly FrozenDictionary<string, string> Colors = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["running"] = "Foreground.Green",
        ["yes"] = "Foreground.Green",
        ["passed"] = "Foreground.Green",
        ["interrupted"] = "Formatting.Warning",
        ["?"] = "Formatting.Warning",
        ["failed"] = "Formatting.Error",
        ["lost"] = "Formatting.Error",
        ["NO"] = "Formatting.Error",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>A text in the colour of a state.</summary>
    /// <param name="text">The text to show.</param>
    /// <param name="state">The state that decides the colour.</param>
    /// <param name="style">The session's $PSStyle.</param>
    public static string Of(object? text, object? state, object? style)
    {
        var shown = text?.ToString() ?? "";
        return shown.Length > 0 && Colors.TryGetValue(state?.ToString() ?? "", out var path) && Read(style, path) is { Length: > 0 } color && Read(style, "Reset") is { } reset
            ? color + shown + reset
            : shown;
    }

    /// <summary>A state in its own colour.</summary>
    /// <param name="state">The state to show.</param>
    /// <param name="style">The session's $PSStyle.</param>
    public static string Of(object? state, object? style) => Of(state, state, style);

    private static string? Read(object? style, string path)
    {
        foreach (var name in path.Split('.'))
        {
            style = style is null ? null : PSObject.AsPSObject(style).Properties[name]?.Value;
        }

        return style?.ToString();
    }
}
