using Runctl.Sandbox.S3.Storage;

namespace Runctl.Sandbox.S3.Objects;

/// <summary>One page of a list: keys, and the prefixes that stand for all keys below them.</summary>
/// <param name="Objects">The keys of the page.</param>
/// <param name="Prefixes">The common prefixes of the page.</param>
/// <param name="Last">The last key or prefix of it.</param>
/// <param name="IsTruncated">Whether more follow.</param>
internal sealed record ListPage(
    IReadOnlyList<StoredObject> Objects, IReadOnlyList<string> Prefixes, string? Last, bool IsTruncated)
{
    /// <summary>Cuts a page out of all objects, which are in order.</summary>
    /// <param name="all">The bucket's objects.</param>
    /// <param name="prefix">Only keys that begin so.</param>
    /// <param name="delimiter">Keys that have it after the prefix are summed up; "" for none.</param>
    /// <param name="after">The last key or prefix of the page before, or any key; "" for the beginning.</param>
    /// <param name="limit">How many keys and prefixes at most.</param>
    public static ListPage Cut(IEnumerable<StoredObject> all, string prefix, string delimiter, string after, int limit)
    {
        var objects = new List<StoredObject>();
        var prefixes = new List<string>();
        string? last = null;
        foreach (var item in all.Where(item => item.Key.StartsWith(prefix, StringComparison.Ordinal)))
        {
            var common = CommonPrefix(item.Key, prefix, delimiter);
            var name = common ?? item.Key;
            if (name == last || KeyOrder.Instance.Compare(name, after) <= 0)
            {
                continue;
            }

            if (objects.Count + prefixes.Count == limit)
            {
                return new ListPage(objects, prefixes, last, IsTruncated: limit > 0);
            }

            last = name;
            if (common is null)
            {
                objects.Add(item);
            }
            else
            {
                prefixes.Add(common);
            }
        }

        return new ListPage(objects, prefixes, last, IsTruncated: false);
    }

    /// <summary>What a key is summed up as, or null.</summary>
    public static string? CommonPrefix(string key, string prefix, string delimiter)
    {
        var index = delimiter.Length == 0 ? -1 : key.IndexOf(delimiter, prefix.Length, StringComparison.Ordinal);
        return index < 0 ? null : key[..(index + delimiter.Length)];
    }
}
