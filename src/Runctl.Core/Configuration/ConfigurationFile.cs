using Runctl.Errors;
using Runctl.Ports;

namespace Runctl.Configuration;

/// <summary>A configuration file: found, parsed, and compared with the settings there are.</summary>
internal sealed class ConfigurationFile
{
    private readonly Dictionary<string, (object Value, int Line)> _values = new(StringComparer.Ordinal);
    private readonly List<string> _warnings = [];
    private readonly string _path;
    private readonly string? _without;

    private ConfigurationFile(string path, TomlTable root, string? without)
    {
        _path = path;
        _without = without;
        foreach (var (name, entry) in root.Entries)
        {
            ReadTable(name, entry);
        }
    }

    /// <summary>What the user should correct.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="adapters">Reads TOML.</param>
    /// <param name="without">A property whose setting is passed over, or null.</param>
    public static ConfigurationFile Read(string path, IAdapters adapters, string? without)
    {
        try
        {
            return new ConfigurationFile(path, adapters.ParseToml(File.ReadAllText(path), path), without);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RunctlErrors.ConfigurationInvalid(path, 1, 1, "the file cannot be read: " + e.Message);
        }
    }

    /// <summary>The value of a property and the line it stands on, where it is set.</summary>
    public bool TryGet(string property, out object value, out int line)
    {
        var found = _values.TryGetValue(property, out var entry);
        (value, line) = entry;
        return found;
    }

    private void ReadTable(string name, TomlValue entry)
    {
        var known = Setting.All.Where(s => s.Table == name).ToList();
        if (known.Count == 0)
        {
            var home = Setting.All.FirstOrDefault(s => s.Key == name);
            Warn(entry, home is not null && entry.Value is not TomlTable
                ? $"'{name}' belongs in the table [{home.Table}]; it is ignored here."
                : $"unknown table [{name}]{Suggest(name, Setting.All.Select(s => s.Table))}");
            return;
        }

        if (entry.Value is not TomlTable table)
        {
            throw Invalid(entry, $"expected a table [{name}], not {Describe(entry.Value)}.");
        }

        if (known is [{ Key: "" } whole])
        {
            Take(whole, entry);
            return;
        }

        foreach (var (key, value) in table.Entries)
        {
            if (known.Find(s => s.Key == key) is { } setting)
            {
                Take(setting, value);
            }
            else if (Setting.All.FirstOrDefault(s => s.Key == key) is { } elsewhere)
            {
                Warn(value, $"'{key}' belongs in the table [{elsewhere.Table}]; it is ignored in [{name}].");
            }
            else
            {
                Warn(value, $"unknown key '{key}' in [{name}]{Suggest(key, known.Select(s => s.Key))}");
            }
        }
    }

    private void Take(Setting setting, TomlValue entry)
    {
        if (setting.Property == _without)
        {
            return;
        }

        var name = setting.Key.Length == 0 ? $"[{setting.Table}]" : $"'{setting.Key}'";
        var value = SettingConverter.Convert(setting, entry.Value, isText: false) ?? throw Invalid(entry, Refusal(setting, name, entry.Value));
        if (setting.Kind == SettingKind.Bucket && BucketName.Problem((string)value) is { } problem)
        {
            throw RunctlErrors.BucketNameInvalid($"{_path}:{entry.Line}:{entry.Column}: {name}", (string)value, problem);
        }

        _values[setting.Property] = (value, entry.Line);
        if (setting.Property == nameof(RunctlConfiguration.TrainingEnvironment))
        {
            WarnOfSecrets((TomlTable)entry.Value);
        }
    }

    private static string Refusal(Setting setting, string name, object value) => value is string text
        ? $"{name}: '{SettingConverter.Shown(setting, text)}' is not {SettingConverter.Expected(setting)}."
        : $"{name}: expected {SettingConverter.Expected(setting)}, not {Describe(value)}.";

    private void WarnOfSecrets(TomlTable environment)
    {
        foreach (var (name, entry) in environment.Entries)
        {
            if (entry.Value is string value && SecretReference.Warning(name, value) is { } warning)
            {
                Warn(entry, warning);
            }
        }
    }

    private void Warn(TomlValue at, string text) => _warnings.Add($"{_path}:{at.Line}: {text}");

    private RunctlException Invalid(TomlValue at, string text) => RunctlErrors.ConfigurationInvalid(_path, at.Line, at.Column, text);

    private static string Suggest(string typed, IEnumerable<string> names) => NearestName.Find(typed, names.Distinct(StringComparer.Ordinal)) is { } near ? $"; did you mean '{near}'?" : "; it is ignored.";

    // The value itself stays unsaid: it may be a secret in the wrong place.
    private static string Describe(object value) => value switch
    {
        string => "a text",
        long => "a whole number",
        double => "a number",
        bool => "true or false",
        DateTimeOffset => "a time",
        TomlTable => "a table",
        _ => "a list",
    };
}
