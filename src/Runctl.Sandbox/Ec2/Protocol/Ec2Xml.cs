using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Runctl.Sandbox.Ec2.Protocol;

/// <summary>Elements of an answer. What is null is left out, as EC2 does with what is not known.</summary>
internal static class Ec2Xml
{
    private static readonly XNamespace Namespace = "http://ec2.amazonaws.com/doc/2016-11-15/";

    /// <summary>A structure, or a list's item.</summary>
    public static XElement Node(string name, params XElement?[] content) => new(Namespace + name, content);

    /// <summary>A text; none where it is null.</summary>
    public static XElement? Text(string name, string? value) => value is null ? null : new XElement(Namespace + name, value);

    /// <summary>A whole number.</summary>
    public static XElement? Number(string name, long? value) => value is null ? null : new XElement(Namespace + name, value);

    /// <summary>A decimal, such as a price.</summary>
    public static XElement? Decimal(string name, decimal? value) =>
        Text(name, value?.ToString("0.000000", CultureInfo.InvariantCulture));

    /// <summary>true or false.</summary>
    public static XElement? Flag(string name, bool? value) => value is null ? null : new XElement(Namespace + name, value);

    /// <summary>A time in UTC with milliseconds.</summary>
    public static XElement? Time(string name, DateTimeOffset? value) =>
        Text(name, value?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));

    /// <summary>A list of structures; each item is given its content.</summary>
    public static XElement List<T>(string name, IEnumerable<T> items, Func<T, IEnumerable<XElement?>> content) =>
        new(Namespace + name, items.Select(item => new XElement(Namespace + "item", content(item))));

    /// <summary>A list of texts.</summary>
    public static XElement Texts(string name, IEnumerable<string> items) =>
        new(Namespace + name, items.Select(item => new XElement(Namespace + "item", item)));

    /// <summary>Tags.</summary>
    public static XElement Tags(string name, TagSet tags) =>
        List(name, tags, tag => [Text("key", tag.Key), Text("value", tag.Value)]);

    /// <summary>A whole answer.</summary>
    public static byte[] Answer(string action, string requestId, IEnumerable<XElement?> content) =>
        Bytes(new XElement(Namespace + (action + "Response"), Text("requestId", requestId), content));

    /// <summary>A refusal; alone among the answers it has no namespace.</summary>
    public static byte[] Error(string code, string message, string requestId) => Bytes(new XElement("Response",
        new XElement("Errors", new XElement("Error", new XElement("Code", code), new XElement("Message", message))),
        new XElement("RequestID", requestId)));

    private static byte[] Bytes(XElement root)
    {
        // A message may quote what a client sent, also where XML 1.0 has no form for it.
        var settings = new XmlWriterSettings { Encoding = new UTF8Encoding(false), CheckCharacters = false };
        using var bytes = new MemoryStream();
        using (var writer = XmlWriter.Create(bytes, settings))
        {
            root.Save(writer);
        }

        return bytes.ToArray();
    }
}
