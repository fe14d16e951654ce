namespace Runctl.Sandbox.S3.Checksums;

/// <summary>The checksums a request declares for its content.</summary>
/// <param name="Md5">From Content-MD5.</param>
/// <param name="Algorithm">The one additional checksum, or null.</param>
/// <param name="Value">Its value where it stands in a header.</param>
/// <param name="InTrailer">Whether its value comes after the content.</param>
internal sealed record ChecksumDeclaration(byte[]? Md5, ChecksumAlgorithm? Algorithm, byte[]? Value, bool InTrailer)
{
    /// <summary>A request that declares nothing.</summary>
    public static ChecksumDeclaration None { get; } = new(null, null, null, InTrailer: false);

    /// <summary>Whether the content can be verified at all.</summary>
    public bool Any => Md5 is not null || Algorithm is not null;

    /// <summary>Reads the declarations; <paramref name="option"/> finds a header, or what a presigned query has for it.</summary>
    /// <exception cref="S3Exception">They are malformed or contradict each other.</exception>
    public static ChecksumDeclaration Read(Func<string, string?> option)
    {
        var inHeaders = ChecksumAlgorithm.All.Where(algorithm => option(algorithm.Header) is not null).ToList();
        var inTrailer = (option("x-amz-trailer") ?? "")
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(ChecksumAlgorithm.FindByHeader)
            .OfType<ChecksumAlgorithm>()
            .ToList();
        if (inHeaders.Count + inTrailer.Count > 1)
        {
            throw S3Errors.InvalidRequest(
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
        }

        var algorithm = inHeaders.Concat(inTrailer).FirstOrDefault();
        CheckAnnounced(option("x-amz-sdk-checksum-algorithm"), algorithm);
        return new ChecksumDeclaration(
            ReadMd5(option("Content-MD5")),
            algorithm,
            inHeaders.Count == 1 ? Decode(inHeaders[0], option(inHeaders[0].Header)) : null,
            inTrailer.Count == 1);
    }

    /// <summary>Decodes a checksum's base64.</summary>
    /// <exception cref="S3Exception">It is malformed or of another length.</exception>
    public static byte[] Decode(ChecksumAlgorithm algorithm, string? text)
    {
        var length = algorithm.Compute([]).Length;
        var bytes = new byte[length];
        return text is not null && Convert.TryFromBase64String(text, bytes, out var written) && written == length
            ? bytes
            : throw S3Errors.InvalidRequest($"Value for {algorithm.Header} header is invalid.");
    }

    private static void CheckAnnounced(string? announced, ChecksumAlgorithm? algorithm)
    {
        if (announced is null)
        {
            return;
        }

        if (algorithm is null)
        {
            throw S3Errors.InvalidRequest("x-amz-sdk-checksum-algorithm specified, but no corresponding "
                + "x-amz-checksum-* or x-amz-trailer headers were found.");
        }

        if (!algorithm.Name.Equals(announced, StringComparison.OrdinalIgnoreCase))
        {
            throw S3Errors.InvalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.");
        }
    }

    private static byte[]? ReadMd5(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var bytes = new byte[16];
        return Convert.TryFromBase64String(text, bytes, out var written) && written == bytes.Length
            ? bytes
            : throw S3Errors.InvalidDigest();
    }
}
