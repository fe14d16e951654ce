using System.Globalization;
using Runctl.Errors;
using Runctl.Ports;

namespace Runctl.Configuration;

/// <summary>Finds and reads the configuration: parameters beat session, environment, file and defaults.</summary>
public sealed class ConfigurationReader(IAdapters adapters, Func<string, string?> environment)
{
    /// <summary>Reads the settings in force for a directory.</summary>
    /// <param name="directory">Where the search for <c>.runctl.toml</c> begins; it goes upwards, then to the user's configuration directory.</param>
    /// <param name="overrides">Parameters and session settings.</param>
    /// <exception cref="RunctlException">The file has an error in syntax or type (ConfigurationInvalid), or a parameter or variable has the wrong form (SettingInvalid).</exception>
    public RunctlConfiguration Read(string directory, ConfigurationOverrides overrides) => ReadFile(ConfigurationLocator.Find(directory, environment), overrides);

    /// <summary>Reads the settings of a file, or without one those that parameters, session, environment and defaults decide.</summary>
    internal RunctlConfiguration ReadFile(string? path, ConfigurationOverrides overrides)
    {
        var file = path is null ? null : ConfigurationFile.Read(path, adapters);
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        var sources = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var setting in Setting.All)
        {
            sources[setting.Property] = "Default";
            if (Decide(setting, overrides, file) is { } decided)
            {
                values[setting.Property] = decided.Value;
                sources[setting.Property] = decided.Source;
            }
        }

        if (values.ContainsKey(nameof(RunctlConfiguration.S3KmsKeyId)) && values.GetValueOrDefault(nameof(RunctlConfiguration.S3Encryption)) is not ("aws:kms" or "aws:kms:dsse"))
        {
            throw RunctlErrors.KmsKeyWithoutKms(sources[nameof(RunctlConfiguration.S3KmsKeyId)], path);
        }

        return ConfigurationBuilder.Build(values) with { Path = path, Sources = sources, Warnings = [.. file?.Warnings ?? [], .. WarnOfPatterns(values, file, path)] };
    }

    /// <summary>In version 0.1 patterns only chose among what was found.</summary>
    private static IEnumerable<string> WarnOfPatterns(Dictionary<string, object> values, ConfigurationFile? file, string? path)
    {
        if (values.GetValueOrDefault(nameof(RunctlConfiguration.CheckpointPatterns)) is IReadOnlyList<string> { Count: > 0 })
        {
            var place = file is not null && file.TryGet(nameof(RunctlConfiguration.CheckpointPatterns), out _, out var line) ? string.Create(CultureInfo.InvariantCulture, $"{path}:{line}: ") : "";
            yield return $"{place}'patterns' in [checkpoint] now means: what matches is kept with each checkpoint, and everything else is left out. Use 'include' to add to what Runctl finds by itself, 'exclude' to leave something out, and 'head' to say what the script resumes from.";
        }
    }

    private (object Value, string Source)? Decide(Setting setting, ConfigurationOverrides overrides, ConfigurationFile? file)
    {
        if (Given(setting, overrides.Parameters, "Parameter") is { } parameter)
        {
            return parameter;
        }

        if (Given(setting, overrides.Session, "Session") is { } session)
        {
            return session;
        }

        foreach (var variable in setting.Variables)
        {
            if (environment(variable) is { Length: > 0 } text)
            {
                return (SettingConverter.Convert(setting, text, isText: true) ?? throw RunctlErrors.SettingInvalid($"Environment variable {variable}", SettingConverter.Expected(setting), text), $"Environment ({variable})");
            }
        }

        return file is not null && file.TryGet(setting.Property, out var value, out var line)
            ? (value, string.Create(CultureInfo.InvariantCulture, $"File (line {line})"))
            : null;
    }

    private static (object Value, string Source)? Given(Setting setting, IReadOnlyDictionary<string, object?> values, string source) =>
        values.TryGetValue(setting.Property, out var value) && value is not null
            ? (SettingConverter.Convert(setting, value, isText: true) ?? throw RunctlErrors.SettingInvalid($"{source} {setting.Property}", SettingConverter.Expected(setting), value.ToString()), source)
            : null;
}
