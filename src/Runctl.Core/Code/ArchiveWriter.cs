using System.Globalization;
using System.Text;

namespace Runctl.Code;

/// <summary>
/// Writes tar archives (POSIX pax) whose bytes depend on names, modes and contents only. .NET's own writer puts times or the
/// process id into every header, and its GNU headers are misread by Python's tarfile.
/// </summary>
internal sealed class ArchiveWriter(Stream target)
{
    private const int Block = 512;
    private const long MaxOctalSize = (1L << 33) - 1;

    private readonly byte[] _buffer = new byte[1 << 16];

    /// <summary>Adds a file.</summary>
    public async Task AddFileAsync(string path, Stream content, bool isExecutable, CancellationToken cancellationToken)
    {
        var size = content.Length;
        await HeaderAsync(path, null, '0', size, isExecutable ? "0000755" : "0000644", cancellationToken).ConfigureAwait(false);
        var left = size;
        while (left > 0)
        {
            // A file that grows meanwhile is cut where it was when it was measured.
            cancellationToken.ThrowIfCancellationRequested();
#pragma warning disable CA1849 // Files are read where they are: an asynchronous read costs more than it takes.
            var read = content.Read(_buffer, 0, (int)Math.Min(_buffer.Length, left));
#pragma warning restore CA1849
            if (read == 0)
            {
                throw new EndOfStreamException($"{path} became shorter while it was read.");
            }

            await target.WriteAsync(_buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            left -= read;
        }

        await PadAsync(size, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Adds a symbolic link.</summary>
    public Task AddLinkAsync(string path, string linkTarget, CancellationToken cancellationToken) => HeaderAsync(path, linkTarget, '2', 0, "0000777", cancellationToken);

    /// <summary>Writes the end.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken) => await target.WriteAsync(new byte[2 * Block], cancellationToken).ConfigureAwait(false);

    private async Task HeaderAsync(string path, string? link, char type, long size, string mode, CancellationToken cancellationToken)
    {
        // The old header holds 100 bytes of ASCII; everything else goes into an extended header before it.
        var records = new StringBuilder();
        AddRecord(records, "path", path, !Fits(path));
        AddRecord(records, "linkpath", link ?? "", link is not null && !Fits(link));
        AddRecord(records, "size", size.ToString(CultureInfo.InvariantCulture), size > MaxOctalSize);
        if (records.Length > 0)
        {
            var extended = Encoding.UTF8.GetBytes(records.ToString());
            await target.WriteAsync(Header("././@PaxHeader", "", 'x', extended.Length, "0000644"), cancellationToken).ConfigureAwait(false);
            await target.WriteAsync(extended, cancellationToken).ConfigureAwait(false);
            await PadAsync(extended.Length, cancellationToken).ConfigureAwait(false);
        }

        await target.WriteAsync(Header(Short(path), Short(link ?? ""), type, Math.Min(size, MaxOctalSize), mode), cancellationToken).ConfigureAwait(false);
    }

    private static byte[] Header(string name, string link, char type, long size, string mode)
    {
        var header = new byte[Block];
        void Put(int offset, string text) => Encoding.ASCII.GetBytes(text, header.AsSpan(offset));
        Put(0, name);
        Put(100, mode);
        Put(108, "0000000");
        Put(116, "0000000");
        Put(124, Convert.ToString(size, 8).PadLeft(11, '0'));
        Put(136, "00000000000");
        Put(148, "        ");
        header[156] = (byte)type;
        Put(157, link);
        Put(257, "ustar");
        Put(263, "00");
        Put(148, Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0') + "\0 ");
        return header;
    }

    private static bool Fits(string text) => text.Length <= 100 && text.All(char.IsAscii);

    private static string Short(string text) => Fits(text) ? text : new string([.. text.Take(100).Select(c => char.IsAscii(c) ? c : '_')]);

    /// <summary>A record begins with its own length in decimal, which counts itself.</summary>
    private static void AddRecord(StringBuilder records, string key, string value, bool isNeeded)
    {
        if (!isNeeded)
        {
            return;
        }

        var rest = Encoding.UTF8.GetByteCount(value) + key.Length + 3;
        var length = rest + 1;
        while (length != rest + length.ToString(CultureInfo.InvariantCulture).Length)
        {
            length = rest + length.ToString(CultureInfo.InvariantCulture).Length;
        }

        records.Append(CultureInfo.InvariantCulture, $"{length} {key}={value}\n");
    }

    private async Task PadAsync(long size, CancellationToken cancellationToken)
    {
        var pad = (int)((Block - (size % Block)) % Block);
        await target.WriteAsync(new byte[pad], cancellationToken).ConfigureAwait(false);
    }
}
