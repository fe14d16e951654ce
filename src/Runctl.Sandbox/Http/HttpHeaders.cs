using System.Collections;

namespace Runctl.Sandbox.Http;

/// <summary>Header fields in the order they came, duplicates included; names compare without case.</summary>
internal sealed class HttpHeaders : IEnumerable<KeyValuePair<string, string>>
{
    private readonly List<KeyValuePair<string, string>> _fields = [];

    /// <summary>All values of a name joined by a comma, or null where there is none.</summary>
    public string? this[string name]
    {
        get
        {
            var values = Values(name).ToList();
            return values.Count == 0 ? null : string.Join(',', values);
        }
    }

    /// <summary>Appends a field; one of the same name stays.</summary>
    public void Add(string name, string value) => _fields.Add(new(name, value));

    /// <summary>Appends a field unless its value is null.</summary>
    public void AddIfKnown(string name, string? value)
    {
        if (value is not null)
        {
            Add(name, value);
        }
    }

    /// <summary>Whether a field of this name is there.</summary>
    public bool Contains(string name) => Values(name).Any();

    /// <summary>The values of a name in order.</summary>
    public IEnumerable<string> Values(string name) =>
        _fields.Where(field => field.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _fields.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
