using System.Collections;
using System.Globalization;
using System.Text;
using Runctl.Resuming;

namespace Runctl.Configuration;

/// <summary>Values of settings as TOML.</summary>
internal static class TomlText
{
    /// <summary>Whether there is a value to show.</summary>
    public static bool IsSomething(object? value) => value is not null and not ICollection { Count: 0 } and not IReadOnlyCollection<string> { Count: 0 };

    /// <summary>A value on one line.</summary>
    public static string Of(object value) => value switch
    {
        string text => Quoted(text),
        Uri address => Quoted(address.OriginalString),
        RunctlStoppedInstance stopped => stopped == RunctlStoppedInstance.Wait ? "\"wait\"" : "\"replace\"",
        bool flag => flag ? "true" : "false",
        TimeSpan span => Quoted(Duration(span)),
        IReadOnlyDictionary<string, string> or IReadOnlyDictionary<string, decimal> => $"{{ {string.Join(", ", Lines(value))} }}",
        IEnumerable list => $"[{string.Join(", ", list.Cast<object>().Select(Of))}]",
        decimal amount => Amount(amount),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    /// <summary>A table's entries, a line each.</summary>
    public static IEnumerable<string> Lines(object table) => table switch
    {
        IReadOnlyDictionary<string, string> texts => texts.Select(pair => $"{Key(pair.Key)} = {Quoted(pair.Value)}"),
        IReadOnlyDictionary<string, decimal> amounts => amounts.Select(pair => $"{Key(pair.Key)} = {Amount(pair.Value)}"),
        _ => [],
    };

    // A whole number would be another type in TOML; both are read.
    private static string Amount(decimal amount) => amount.ToString(CultureInfo.InvariantCulture);

    private static string Duration(TimeSpan span) => span.Ticks % TimeSpan.TicksPerSecond == 0
        ? ((long)span.TotalSeconds).ToString(CultureInfo.InvariantCulture) + "s"
        : ((decimal)span.Ticks / TimeSpan.TicksPerMillisecond).ToString(CultureInfo.InvariantCulture) + "ms";

    private static string Key(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? name : Quoted(name);

    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' or '\\' => quoted.Append('\\').Append(c),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                '\r' => quoted.Append("\\r"),
                < ' ' or '\x7f' => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }
}
