using System.Globalization;
using System.Xml.Linq;
using Runctl.Sandbox.S3.Checksums;

namespace Runctl.Sandbox.S3.Multipart;

/// <summary>A part as the client lists it when it completes an upload.</summary>
internal sealed record CompletedPart(int Number, string ETag, IReadOnlyDictionary<ChecksumAlgorithm, string> Checksums)
{
    /// <summary>Reads the list.</summary>
    /// <exception cref="S3Exception">It is malformed or empty.</exception>
    public static IReadOnlyList<CompletedPart> ReadAll(byte[] document)
    {
        var parts = S3Xml.Read(document, "CompleteMultipartUpload").Elements("Part").Select(Read).ToList();
        return parts.Count > 0 ? parts : throw S3Errors.MalformedXml();
    }

    private static CompletedPart Read(XElement part)
    {
        var etag = part.Element("ETag")?.Value;
        if (etag is null || !int.TryParse(
            part.Element("PartNumber")?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            throw S3Errors.MalformedXml();
        }

        var checksums = ChecksumAlgorithm.All
            .Where(algorithm => part.Element(algorithm.Element) is not null)
            .ToDictionary(algorithm => algorithm, algorithm => part.Element(algorithm.Element)!.Value);
        return new CompletedPart(number, etag.Trim('"'), checksums);
    }
}
