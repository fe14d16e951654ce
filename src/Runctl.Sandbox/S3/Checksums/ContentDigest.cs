using System.Security.Cryptography;
using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.S3.Checksums;

/// <summary>Computes what S3 keeps of content on its way in, and compares it with what the client declared.</summary>
internal sealed class ContentDigest : IDisposable
{
    private readonly RunningHash _md5 = new RunningHash(HashAlgorithmName.MD5);
    private readonly IRunningChecksum _checksum;
    private readonly ChecksumDeclaration _declared;

    public ContentDigest(ChecksumDeclaration declared, ChecksumAlgorithm? algorithm = null)
    {
        _declared = declared;
        Algorithm = declared.Algorithm ?? algorithm ?? ChecksumAlgorithm.Crc64Nvme;
        _checksum = Algorithm.Start();
    }

    /// <summary>Which additional checksum is computed.</summary>
    public ChecksumAlgorithm Algorithm { get; }

    /// <summary>The content's MD5; set by <see cref="Finish"/>.</summary>
    public byte[] Md5 { get; private set; } = [];

    /// <summary>The content's checksum; set by <see cref="Finish"/>.</summary>
    public byte[] Checksum { get; private set; } = [];

    /// <summary>Takes the next piece.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        _md5.Append(data);
        _checksum.Append(data);
    }

    /// <summary>Ends the computation and compares.</summary>
    /// <exception cref="S3Exception">The content is not what was declared.</exception>
    public void Finish(HttpHeaders trailers)
    {
        Md5 = _md5.Finish();
        Checksum = _checksum.Finish();
        if (_declared.Md5 is { } md5 && !md5.AsSpan().SequenceEqual(Md5))
        {
            throw S3Errors.BadDigest("Content-MD5");
        }

        var value = _declared.InTrailer
            ? ChecksumDeclaration.Decode(Algorithm, trailers[Algorithm.Header])
            : _declared.Value;
        if (value is not null && !value.AsSpan().SequenceEqual(Checksum))
        {
            throw S3Errors.BadDigest(Algorithm.Name);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _md5.Dispose();
        _checksum.Dispose();
    }
}
