using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Runctl.Objects;

/// <summary>Names and plain values that cannot be changed. PowerShell reads a value as a property, and JSON, CSV and Clixml hold the values.</summary>
/// <typeparam name="TValue">Type of a value.</typeparam>
[SuppressMessage("Naming", "CA1710:Identifiers should have correct suffix", Justification = "The name says how it reads; users see it as names and values.")]
public sealed class ReadableTable<TValue> : IDictionary, IReadOnlyDictionary<string, TValue>
{
    private readonly List<string> _names = [];
    private readonly Dictionary<string, TValue> _values = new(StringComparer.Ordinal);

    internal ReadableTable(IEnumerable<KeyValuePair<string, TValue>> values)
    {
        foreach (var (name, value) in values)
        {
            if (!_values.ContainsKey(name))
            {
                _names.Add(name);
            }

            _values[name] = value;
        }
    }

    /// <inheritdoc cref="IReadOnlyCollection{T}.Count"/>
    public int Count => _names.Count;

    /// <summary>The names, in their order.</summary>
    public IEnumerable<string> Keys => _names;

    /// <summary>The values, in the order of the names.</summary>
    public IEnumerable<TValue> Values => _names.Select(name => _values[name]);

    bool IDictionary.IsFixedSize => true;

    bool IDictionary.IsReadOnly => true;

    bool ICollection.IsSynchronized => false;

    object ICollection.SyncRoot => this;

    ICollection IDictionary.Keys => _names.ToArray();

    ICollection IDictionary.Values => Values.ToArray();

    /// <summary>A value by its name.</summary>
    /// <param name="key">The name; if no name is exactly this one, the case of letters does not matter.</param>
    /// <exception cref="KeyNotFoundException">There is no value of that name.</exception>
    public TValue this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"There is no value '{key}'.");

    object? IDictionary.this[object key]
    {
        get => key is string name && TryGetValue(name, out var value) ? value : null;
        set => throw Fixed();
    }

    /// <summary>Whether there is a value of that name.</summary>
    /// <param name="key">The name.</param>
    public bool ContainsKey(string key) => TryGetValue(key, out _);

    /// <summary>A value by its name.</summary>
    /// <param name="key">The name.</param>
    /// <param name="value">The value, or null.</param>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out TValue value) =>
        _values.TryGetValue(key, out value)
        || (_names.Find(name => string.Equals(name, key, StringComparison.OrdinalIgnoreCase)) is { } like && _values.TryGetValue(like, out value));

    /// <summary>Names and values in their order.</summary>
    public IEnumerator<KeyValuePair<string, TValue>> GetEnumerator() => _names.Select(name => KeyValuePair.Create(name, _values[name])).GetEnumerator();

    /// <summary>The values as <c>name=value</c>, separated by a semicolon.</summary>
    public override string ToString() => string.Join("; ", this.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key}={pair.Value}")));

    IEnumerator IEnumerable.GetEnumerator() => ((IDictionary)this).GetEnumerator();

    IDictionaryEnumerator IDictionary.GetEnumerator() => new Enumerator(GetEnumerator());

    bool IDictionary.Contains(object key) => key is string name && ContainsKey(name);

    void IDictionary.Add(object key, object? value) => throw Fixed();

    void IDictionary.Clear() => throw Fixed();

    void IDictionary.Remove(object key) => throw Fixed();

    void ICollection.CopyTo(Array array, int index)
    {
        foreach (var (name, value) in this)
        {
            array.SetValue(new DictionaryEntry(name, value), index++);
        }
    }

    private static NotSupportedException Fixed() => new("These values cannot be changed.");

    private sealed class Enumerator(IEnumerator<KeyValuePair<string, TValue>> pairs) : IDictionaryEnumerator
    {
        public DictionaryEntry Entry => new(pairs.Current.Key, pairs.Current.Value);

        public object Key => pairs.Current.Key;

        public object? Value => pairs.Current.Value;

        public object Current => Entry;

        public bool MoveNext() => pairs.MoveNext();

        public void Reset() => pairs.Reset();
    }
}
