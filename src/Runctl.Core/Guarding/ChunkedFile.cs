using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Runctl.Guarding;

/// <summary>
/// A file on its way to an instance inside shell scripts: base64, in one piece or several, put in place whole or not at all. Its name says its content: one
/// that is there stays, with what was added to it (the guard keeps its bytecode in its program).
/// </summary>
internal sealed class ChunkedFile
{
    /// <summary>Document and parameters of a command may have 65,536 bytes in all; what is left is for the document's own words and for the call after it.</summary>
    public const int MaxBase64PerCommand = 50_000;

    private readonly string _base64;
    private readonly bool _gzip;
    private readonly string _sha256;
    private readonly string _path;

    /// <summary>Wraps a file.</summary>
    /// <param name="path">Where it goes, below RUNCTL_ROOT; letters, digits and <c>/.-_</c> only.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="gzip">Whether to compress it for the way.</param>
    public ChunkedFile(string path, byte[] content, bool gzip)
    {
        _path = path.All(c => char.IsAsciiLetterOrDigit(c) || "/.-_".Contains(c, StringComparison.Ordinal)) ? path : throw new ArgumentException("not a plain path", nameof(path));
        _gzip = gzip;
        _sha256 = Hex.Of(SHA256.HashData(content));
        _base64 = Convert.ToBase64String(gzip ? Compress(content) : content);
    }

    /// <summary>Whether it fits into one command, with a call of the guard beside it.</summary>
    public bool FitsOneCommand => _base64.Length <= MaxBase64PerCommand;

    /// <summary>The lines that put it in place out of one command; the script goes on after them where it worked.</summary>
    public string Script => Prologue + UnlessThere($"base64 -d > \"$temp\" <<'RUNCTL_END' || fail\n{Wrap(_base64)}\nRUNCTL_END\n" + Epilogue);

    /// <summary>Scripts that each bring a piece, in any order.</summary>
    public IReadOnlyList<string> Pieces => [.. Split().Select((piece, i) =>
        Prologue + $"base64 -d > \"$temp\" <<'RUNCTL_END' || fail\n{Wrap(piece)}\nRUNCTL_END\nmv -f \"$temp\" \"$target.part.{Number(i)}\" || fail\n")];

    /// <summary>The lines that join the pieces once all are there.</summary>
    public string JoinScript => Prologue
        + UnlessThere($"cat {string.Join(' ', Split().Select((_, i) => $"\"$target.part.{Number(i)}\""))} > \"$temp\" || fail\n" + Epilogue)
        + "rm -f \"$target\".part.*\n";

    /// <summary>A script that exits with 0 if the file is there and 1 if it is not.</summary>
    public static string ExistsScript(string path) => $"test -s \"${{RUNCTL_ROOT:-}}{path}\"\n";

    private string Prologue => $$$"""
        fail() { printf '%s\n' '{"schema":1,"error":{"id":"DeliveryFailed","message":"A file could not be written below /var/lib/runctl on the instance: is the disk full?"}}'; exit 6; }
        target="${RUNCTL_ROOT:-}{{{_path}}}"
        temp="$target.$$"
        umask 022
        mkdir -p "${RUNCTL_ROOT:-}/var/lib" || fail
        umask 077
        mkdir -p "${target%/*}" || fail

        """;

    private string Epilogue => (_gzip ? "gzip -dc < \"$temp\" > \"$temp.raw\" && mv -f \"$temp.raw\" \"$temp\" || fail\n" : "")
        + $$$"""
        if command -v sha256sum >/dev/null 2>&1; then
          printf '%s  %s\n' '{{{_sha256}}}' "$temp" | sha256sum -c - >/dev/null 2>&1 || { rm -f "$temp"; fail; }
        fi
        mv -f "$temp" "$target" || fail

        """;

    private static string UnlessThere(string lines) => "if [ ! -s \"$target\" ]; then\n" + lines + "fi\n";

    private static string Number(int i) => i.ToString("D4", CultureInfo.InvariantCulture);

    // Each piece is whole base64 of its own: a multiple of four characters.
    private IEnumerable<string> Split() => _base64.Chunk(MaxBase64PerCommand / 4 * 4).Select(c => new string(c));

    private static string Wrap(string base64) => string.Join('\n', base64.Chunk(1000).Select(c => new string(c)));

    private static byte[] Compress(byte[] content)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(content);
        }

        return buffer.ToArray();
    }
}
