using System.Reflection;
using System.Text;

namespace Runctl.Configuration;

/// <summary>Writes a configuration file: every setting with its meaning and default, those that have a value set and all others as comments.</summary>
internal sealed class ConfigurationTemplate
{
    private const string Head = """
        # Settings of Runctl for this directory and those below it. Parameters beat environment variables (RUNCTL_...), which beat this file.
        # What is a comment is a default or an example. Get-RunctlConfiguration shows what is in force, and why.

        """;

    private static readonly RunctlConfiguration Defaults = new();

    /// <summary>Values by property of <see cref="RunctlConfiguration"/>.</summary>
    public Dictionary<string, object> Values { get; } = new(StringComparer.Ordinal);

    /// <summary>Examples that fit better than the usual ones, by property.</summary>
    public Dictionary<string, object> Suggestions { get; } = new(StringComparer.Ordinal);

    /// <summary>What is known of a setting here, by property; added to its comment.</summary>
    public Dictionary<string, string> Remarks { get; } = new(StringComparer.Ordinal);

    /// <summary>The file's text.</summary>
    public string Write()
    {
        var text = new StringBuilder(Head);
        foreach (var table in Setting.All.GroupBy(setting => setting.Table))
        {
            // A table that is a value itself would be one, if an empty one.
            var isSet = table.Any(setting => setting.Key.Length > 0 || Values.ContainsKey(setting.Property));
            text.Append('\n').Append(isSet ? "" : "# ").Append('[').Append(table.Key).Append("]\n");
            foreach (var setting in table)
            {
                Add(text, setting);
            }
        }

        return text.ToString();
    }

    private void Add(StringBuilder text, Setting setting)
    {
        var note = SettingNote.All.GetValueOrDefault(setting.Property) ?? new SettingNote(setting.Property);
        var usual = typeof(RunctlConfiguration).GetProperty(setting.Property, BindingFlags.Public | BindingFlags.Instance)!.GetValue(Defaults);
        var isUsual = TomlText.IsSomething(usual);
        text.Append("# ").Append(note.Text).Append(isUsual ? $" Default: {TomlText.Of(usual!)}." : "").Append(Remarks.TryGetValue(setting.Property, out var remark) ? " " + OneLine(remark) : "").Append('\n');
        var isSet = Values.TryGetValue(setting.Property, out var value);
        value ??= Suggestions.GetValueOrDefault(setting.Property) ?? (isUsual ? usual : note.Example) ?? new List<string>();
        foreach (var line in setting.Key.Length == 0 ? TomlText.Lines(value) : [$"{setting.Key} = {TomlText.Of(value)}"])
        {
            text.Append(isSet ? "" : "# ").Append(line).Append('\n');
        }
    }

    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
}
