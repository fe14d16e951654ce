using System.Management.Automation;
using System.Reflection;
using Runctl.Configuration;
using Runctl.PowerShell.Completion;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Targets;

namespace Runctl.PowerShell.Configuration;

/// <summary>Shows the settings in force here, and where each came from.</summary>
/// <remarks>Parameters beat the session (a sandbox in use, AWS.Tools' defaults), which beats environment variables, the file and the defaults. Values of environment variables and webhooks are masked, references to where secrets are kept are not.</remarks>
/// <example runs="true">
/// <code>Get-RunctlConfiguration</code>
/// <para>Shows every setting.</para>
/// </example>
/// <example runs="true">
/// <code>(Get-RunctlConfiguration S3Bucket).Source</code>
/// <para>Says where the bucket's name comes from.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "RunctlConfiguration")]
[OutputType(typeof(RunctlSetting))]
public sealed class GetRunctlConfigurationCommand : RunctlCmdlet
{
    private static readonly string[] NotSettings = [nameof(RunctlConfiguration.Path), nameof(RunctlConfiguration.Sources), nameof(RunctlConfiguration.Warnings)];

    private static readonly PropertyInfo[] Settings =
        [.. typeof(RunctlConfiguration).GetProperties().Where(property => !NotSettings.Contains(property.Name)).OrderBy(property => property.MetadataToken)];

    /// <summary>Names of settings, wildcards allowed. Default: all.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(SettingCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The names there are.</summary>
    internal static IEnumerable<string> Names => Settings.Select(property => property.Name);

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        var configuration = ReadConfiguration();
        foreach (var name in Name.Where(name => !WildcardPattern.ContainsWildcardCharacters(name) && !Names.Contains(name, StringComparer.OrdinalIgnoreCase)))
        {
            WriteError(CommandErrors.SettingNotFound(name, NearestName.Find(name, Names)), name);
        }

        var patterns = Name.Select(Wildcards.OfWords).ToArray();
        foreach (var property in Settings.Where(property => Array.Exists(patterns, pattern => pattern.IsMatch(property.Name))))
        {
            WriteObject(new RunctlSetting(
                property.Name,
                SettingMask.Apply(property.Name, property.GetValue(configuration)),
                configuration.Sources.GetValueOrDefault(property.Name, "Default"),
                configuration.Path));
        }

        return Task.CompletedTask;
    }
}
