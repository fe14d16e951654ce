using Runctl.Configuration;

namespace Runctl.PowerShell.Configuration;

/// <summary>Keeps secrets out of what is shown of the configuration.</summary>
internal static class SettingMask
{
    private const string Mask = "****";

    /// <summary>A setting's value as it may be shown.</summary>
    public static object? Apply(string name, object? value) => (name, value) switch
    {
        (nameof(RunctlConfiguration.WebhookUrl), string url) => Hide(url),
        (nameof(RunctlConfiguration.TrainingEnvironment), IReadOnlyDictionary<string, string> variables) =>
            variables.ToDictionary(pair => pair.Key, pair => Hide(pair.Value), StringComparer.Ordinal),
        _ => value,
    };

    // Values of variables are hidden whatever their names: a name does not tell whether its value is a secret.
    private static string Hide(string value) =>
        value.Length == 0 || SecretReference.Is(value) ? value : Mask;
}
