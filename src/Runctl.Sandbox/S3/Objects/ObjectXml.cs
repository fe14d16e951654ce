using System.Globalization;
using System.Xml.Linq;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.S3.Objects;

/// <summary>Forms that several documents share.</summary>
internal static class ObjectXml
{
    /// <summary>A time as documents have it.</summary>
    public static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>An entity tag with its quotes.</summary>
    public static string Quote(string etag) => "\"" + etag + "\"";

    /// <summary>An owner.</summary>
    public static XElement Owner(string name, SandboxPrincipal principal) =>
        new(name, new XElement("ID", principal.Account), new XElement("DisplayName", principal.Account));
}
