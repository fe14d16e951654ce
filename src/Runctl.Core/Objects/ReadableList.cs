using System.Collections.ObjectModel;
using System.Globalization;

namespace Runctl.Objects;

/// <summary>A list that reads as its items, so that a cell of a table or of a CSV file shows them.</summary>
/// <typeparam name="T">Type of an item.</typeparam>
public sealed class ReadableList<T> : ReadOnlyCollection<T>
{
    internal ReadableList(IList<T> items)
        : base(items)
    {
    }

    /// <summary>The items, separated by a comma.</summary>
    public override string ToString() => string.Join(", ", this.Select(item => Convert.ToString(item, CultureInfo.InvariantCulture)));
}
