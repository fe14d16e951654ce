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
    /// <exception cref="RunctlException">The file has an error in syntax or type (ConfigurationInvalid), a parameter or variable has the wrong form (SettingInvalid), or a name is not that of a bucket that Runctl can use (BucketNameInvalid).</exception>
    public RunctlConfiguration Read(string directory, ConfigurationOverrides overrides) => Read(directory, overrides, null);

    /// <summary>The same with one setting passed over, by its property: everywhere it counts as not set.</summary>
    internal RunctlConfiguration Read(string directory, ConfigurationOverrides overrides, string? without) => ReadFile(ConfigurationLocator.Find(directory, environment), overrides, without);

    /// <summary>Reads the settings of a file, or without one those that parameters, session, environment and defaults decide.</summary>
    internal RunctlConfiguration ReadFile(string? path, ConfigurationOverrides overrides, string? without = null)
    {
        var file = path is null ? null : ConfigurationFile.Read(path, adapters, without);
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        var sources = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var setting in Setting.All)
        {
            sources[setting.Property] = "Default";
            if (setting.Property != without && Decide(setting, overrides, file) is { } decided)
            {
                values[setting.Property] = decided.Value;
                sources[setting.Property] = decided.Source;
            }
        }

        if (values.ContainsKey(nameof(RunctlConfiguration.S3KmsKeyId)) && values.GetValueOrDefault(nameof(RunctlConfiguration.S3Encryption)) is not ("aws:kms" or "aws:kms:dsse"))
        {
            throw RunctlErrors.KmsKeyWithoutKms(sources[nameof(RunctlConfiguration.S3KmsKeyId)], path);
        }

        var built = ConfigurationBuilder.Build(values);
        if (Contains(built.S3Prefix, built.RunPrefix) || Contains(built.RunPrefix, built.S3Prefix))
        {
            throw RunctlErrors.PrefixesOverlap(built.S3Prefix, built.RunPrefix, path);
        }

        return built with { Path = path, Sources = sources, Warnings = [.. file?.Warnings ?? [], .. WarnOfPatterns(values, file, path)] };
    }

    /// <summary>Whether keys below the inner prefix lie below the outer one as well.</summary>
    private static bool Contains(string outer, string inner) =>
        outer.Trim('/') is var above && (above.Length == 0 || (inner.Trim('/') + "/").StartsWith(above + "/", StringComparison.Ordinal));

    /// <summary>In version 0.1 patterns only chose among what was found.</summary>
    private static IEnumerable<string> WarnOfPatterns(Dictionary<string, object> values, ConfigurationFile? file, string? path)
    {
        if (values.GetValueOrDefault(nameof(RunctlConfiguration.CheckpointPatterns)) is IReadOnlyList<string> { Count: > 0 })
        {
            var place = file is not null && file.TryGet(nameof(RunctlConfiguration.CheckpointPatterns), out _, out var line) ? string.Create(CultureInfo.InvariantCulture, $"{path}:{line}: ") : "";
            yield return $"{place}'patterns' in [checkpoint] now means: what matches is kept with each checkpoint, and everything else is left out. Use 'include' to add to what Runctl finds, 'exclude' to leave something out, and 'head' to say what the script resumes from.";
        }
    }

    private (object Value, string Source)? Decide(Setting setting, ConfigurationOverrides overrides, ConfigurationFile? file)
    {
        if (Given(setting, overrides.Parameters, overrides.OfObject.Contains(setting.Property) ? "Object" : "Parameter") is { } parameter)
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
                return (Convert(setting, text, $"Environment variable {variable}"), $"Environment ({variable})");
            }
        }

        return file is not null && file.TryGet(setting.Property, out var value, out var line)
            ? (value, string.Create(CultureInfo.InvariantCulture, $"File (line {line})"))
            : null;
    }

    private static (object Value, string Source)? Given(Setting setting, IReadOnlyDictionary<string, object?> values, string source) =>
        values.TryGetValue(setting.Property, out var value) && value is not null
            ? (Convert(setting, value, $"{source} {setting.Property}"), source)
            : null;

    private static object Convert(Setting setting, object value, string source)
    {
        var converted = SettingConverter.Convert(setting, value, isText: true) ?? throw RunctlErrors.SettingInvalid(source, SettingConverter.Expected(setting), SettingConverter.Shown(setting, value));
        return setting.Kind == SettingKind.Bucket && BucketName.Problem((string)converted) is { } problem
            ? throw RunctlErrors.BucketNameInvalid(source, (string)converted, problem) : converted;
    }
}
