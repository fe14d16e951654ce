using System.Globalization;
using System.Xml.Linq;

namespace Runctl.Sandbox.Ec2;

/// <summary>Writes EC2's XML: elements in its namespace, lists as <c>item</c> elements, nothing for what is null.</summary>
internal static class Ec2Xml
{
    private static readonly XNamespace Namespace = "http://ec2.amazonaws.com/doc/2016-11-15/";

    /// <summary>An element with a value or with children; null where the value is null.</summary>
    public static XElement? Field(string name, object? value) => value is null ? null : new XElement(Namespace + name, Format(value));

    /// <summary>A structure.</summary>
    public static XElement Structure(string name, params object?[] children) => new(Namespace + name, children);

    /// <summary>A list of structures or values, each rendered by <paramref name="item"/>.</summary>
    public static XElement List<T>(string name, IEnumerable<T> items, Func<T, object?> item) =>
        new(Namespace + name, items.Select(entry => new XElement(Namespace + "item", Format(item(entry)))));

    /// <summary>A list of plain values.</summary>
    public static XElement List(string name, IEnumerable<string> values) => List(name, values, value => value);

    /// <summary>Tags, sorted by key.</summary>
    public static XElement? Tags(TagSet tags) => tags.Count == 0
        ? null
        : List("tagSet", tags,
            tag => new object?[] { Field("key", tag.Key), Field("value", tag.Value) });

    /// <summary>The answer to an action.</summary>
    public static string Response(string action, string requestId, IEnumerable<object?> children) =>
        Text(new XElement(Namespace + (action + "Response"), Field("requestId", requestId), children));

    /// <summary>The answer to a request that failed.</summary>
    public static string Error(string code, string message, string requestId) =>
        Text(new XElement("Response",
            new XElement("Errors", new XElement("Error", new XElement("Code", code), new XElement("Message", message))),
            new XElement("RequestID", requestId)));

    private static string Text(XElement root) =>
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + root.ToString(SaveOptions.DisableFormatting);

    private static object? Format(object? value) => value switch
    {
        bool flag => flag ? "true" : "false",
        DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value,
    };
}
