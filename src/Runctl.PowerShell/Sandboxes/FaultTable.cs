using System.Collections;
using System.Globalization;
using System.Management.Automation;
using Runctl.PowerShell.Engine;
using Runctl.Sandbox;

namespace Runctl.PowerShell.Sandboxes;

/// <summary>Reads a fault from the hash table somebody typed.</summary>
internal sealed class FaultTable
{
    private static readonly string[] Keys =
        [.. typeof(RunctlSandboxFault).GetProperties().Select(property => property.Name).Where(name => name != nameof(RunctlSandboxFault.Hits))];

    private readonly Dictionary<string, object?> _values = new(StringComparer.OrdinalIgnoreCase);

    private FaultTable(IDictionary table)
    {
        foreach (DictionaryEntry entry in table)
        {
            var key = Convert.ToString(entry.Key, CultureInfo.InvariantCulture) ?? "";
            if (!Keys.Contains(key, StringComparer.OrdinalIgnoreCase))
            {
                throw Refusal($"A fault has no key '{key}'. Its keys are {string.Join(", ", Keys)}.");
            }

            _values[key] = entry.Value is PSObject wrapped ? wrapped.BaseObject : entry.Value;
        }
    }

    /// <summary>The fault.</summary>
    /// <exception cref="ArgumentTransformationMetadataException">A key is unknown, missing or has a value of another form.</exception>
    public static RunctlSandboxFault Read(IDictionary table)
    {
        var given = new FaultTable(table);
        return new RunctlSandboxFault
        {
            Operation = given.Required<string>(nameof(RunctlSandboxFault.Operation), "service and operation, e.g. s3:UploadPart"),
            Kind = given.Required<SandboxFaultKind>(nameof(RunctlSandboxFault.Kind), string.Join(", ", Enum.GetNames<SandboxFaultKind>())),
            Code = given.Value<string?>(nameof(RunctlSandboxFault.Code), "an error code"),
            Status = given.Value<int?>(nameof(RunctlSandboxFault.Status), "an HTTP status"),
            Message = given.Value<string?>(nameof(RunctlSandboxFault.Message), "a text"),
            Count = given.Value<int?>(nameof(RunctlSandboxFault.Count), "a number of requests"),
            Skip = given.Value<int?>(nameof(RunctlSandboxFault.Skip), "a number of requests") ?? 0,
            Probability = given.Value<double?>(nameof(RunctlSandboxFault.Probability), "a number from 0 to 1") ?? 1,
            Delay = given.Delay(),
            InstanceId = given.Value<string?>(nameof(RunctlSandboxFault.InstanceId), "an instance's id"),
            Key = given.Value<string?>(nameof(RunctlSandboxFault.Key), "a key in S3"),
            CarriedOut = given.Value<bool?>(nameof(RunctlSandboxFault.CarriedOut), "$true or $false") ?? false,
        };
    }

    private T Required<T>(string key, string allowed) =>
        _values.GetValueOrDefault(key) is not null ? Value<T>(key, allowed)! : throw Refusal($"A fault needs the key {key}: {allowed}.");

    private T? Value<T>(string key, string allowed) =>
        _values.GetValueOrDefault(key) is not { } value ? default
        : LanguagePrimitives.TryConvertTo<T>(value, CultureInfo.InvariantCulture, out var result) ? result
        : throw Refusal($"A fault's {key} is '{value}'; it must be {allowed}.");

    private TimeSpan Delay() =>
        _values.GetValueOrDefault(nameof(Delay)) is { } value ? (TimeSpan)new DurationAttribute("0s", "1d").Transform(null!, value)! : TimeSpan.Zero;

    private static ArgumentTransformationMetadataException Refusal(string message) => new(message);
}
