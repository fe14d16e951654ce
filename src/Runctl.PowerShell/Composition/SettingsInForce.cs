using System.Globalization;
using Runctl.Configuration;

namespace Runctl.PowerShell.Composition;

/// <summary>Says which settings a command goes by and where each comes from. Defaults are in the help, and texts that may hold secrets are named without their values.</summary>
internal static class SettingsInForce
{
    private const string Default = "Default";

    private static readonly string[] OfConnection = [nameof(RunctlConfiguration.Region), nameof(RunctlConfiguration.ProfileName), nameof(RunctlConfiguration.EndpointUrl)];

    /// <summary>A line for each setting.</summary>
    /// <param name="configuration">The settings.</param>
    /// <param name="used">Properties that the command uses beside those of the connection.</param>
    public static IEnumerable<string> Describe(RunctlConfiguration configuration, IEnumerable<string> used)
    {
        var names = used.Concat(OfConnection).ToHashSet(StringComparer.Ordinal);
        if (configuration.Path is { } path)
        {
            yield return $"Settings are read from {path}.";
        }

        foreach (var setting in Setting.All.Where(setting => names.Contains(setting.Property)))
        {
            if (configuration.Sources.GetValueOrDefault(setting.Property, Default) is not Default and var source)
            {
                yield return $"Setting {setting.Property} is {Shown(setting, typeof(RunctlConfiguration).GetProperty(setting.Property)?.GetValue(configuration))}: {source}.";
            }
        }
    }

    private static string Shown(Setting setting, object? value) => (setting.Kind, value) switch
    {
        (SettingKind.Address, Uri address) => address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped),
        (_, IEnumerable<string> texts) when setting.Table is "aws" => string.Join(", ", texts),
        (SettingKind.Text, string text) when setting.Table is "aws" || setting.Property is nameof(RunctlConfiguration.CheckpointDirectory) or nameof(RunctlConfiguration.ProjectName) => text,
        (SettingKind.Text or SettingKind.TextTable or SettingKind.Texts, _) => "given",
        (_, IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture),
        (_, string word) => word,
        (_, bool isOn) => isOn ? "on" : "off",
        _ => "given",
    };
}
