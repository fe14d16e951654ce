using System.Collections;
using System.Collections.Immutable;

namespace Runctl.Sandbox.Ec2;

/// <summary>A resource's tags: immutable, ordered by key as EC2 lists them.</summary>
internal sealed class TagSet : IEnumerable<KeyValuePair<string, string>>
{
    private readonly ImmutableSortedDictionary<string, string> _tags;

    private TagSet(ImmutableSortedDictionary<string, string> tags) => _tags = tags;

    /// <summary>No tags.</summary>
    public static TagSet Empty { get; } = new(ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal));

    /// <summary>How many there are.</summary>
    public int Count => _tags.Count;

    /// <summary>A tag's value, or null.</summary>
    public string? this[string key] => _tags.GetValueOrDefault(key);

    /// <summary>These tags and those; those win.</summary>
    public TagSet With(IEnumerable<KeyValuePair<string, string>> tags) => new(_tags.SetItems(tags));

    /// <summary>Without a key; where a value is given, only if it has that value.</summary>
    public TagSet Without(string key, string? value = null) =>
        value is null || this[key] == value ? new(_tags.Remove(key)) : this;

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _tags.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
