using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Runctl.Sandbox.S3;

/// <summary>S3's documents: keys may hold characters that XML 1.0 has no room for, and S3 sends them all the same.</summary>
internal static class S3Xml
{
    private static readonly XNamespace Namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

    /// <summary>An element, or null where there is no value, which leaves it out of its parent.</summary>
    public static XElement? Optional(string name, object? value) => value is null ? null : new XElement(name, value);

    /// <summary>Writes an answer, all of its elements in the namespace of S3.</summary>
    public static byte[] Write(XElement root)
    {
        foreach (var element in root.DescendantsAndSelf())
        {
            element.Name = Namespace + element.Name.LocalName;
        }

        return WriteBare(root);
    }

    /// <summary>Writes a document as it is; errors are in no namespace.</summary>
    public static byte[] WriteBare(XElement root)
    {
        var settings = new XmlWriterSettings
        {
            Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            CheckCharacters = false,
            // A carriage return in a key would be read back as a line feed.
            NewLineHandling = NewLineHandling.Entitize,
        };
        using var buffer = new MemoryStream();
        using (var writer = XmlWriter.Create(buffer, settings))
        {
            root.WriteTo(writer);
        }

        return buffer.ToArray();
    }

    /// <summary>Reads a request's document, its elements taken out of any namespace.</summary>
    /// <exception cref="S3Exception">It is malformed, or its root is another.</exception>
    public static XElement Read(byte[] document, string root)
    {
        try
        {
            using var reader = XmlReader.Create(
                new MemoryStream(document), new XmlReaderSettings { CheckCharacters = false });
            var read = XElement.Load(reader, LoadOptions.PreserveWhitespace);
            foreach (var element in read.DescendantsAndSelf())
            {
                element.Name = element.Name.LocalName;
            }

            return read.Name == root ? read : throw S3Errors.MalformedXml();
        }
        catch (XmlException)
        {
            throw S3Errors.MalformedXml();
        }
    }
}
