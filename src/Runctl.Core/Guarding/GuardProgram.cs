using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Runctl.Guarding;

/// <summary>The program that runs on instances, packed from this assembly's resources: the same bytes from the same sources.</summary>
internal sealed class GuardProgram
{
    private const string ResourcePrefix = "guard/";

    private static readonly Lazy<GuardProgram> Embedded = new(() => new GuardProgram(ReadResources(typeof(GuardProgram).Assembly)));

    /// <summary>Packs the given files.</summary>
    /// <param name="files">Contents by path inside the program.</param>
    public GuardProgram(IReadOnlyDictionary<string, byte[]> files)
    {
        var sorted = files.OrderBy(f => f.Key, StringComparer.Ordinal).ToList();
        Hash = HashOf(sorted);
        Archive = Pack(sorted);
        ArchiveSha256 = Hex.Of(SHA256.HashData(Archive));
    }

    /// <summary>The guard this version of Runctl brings.</summary>
    public static GuardProgram Current => Embedded.Value;

    /// <summary>SHA-256 over names and contents: the program's name on the instance.</summary>
    public string Hash { get; }

    /// <summary>The zipapp as it lies on the instance. Its entries are stored, so that it compresses well as a whole on the way.</summary>
    public byte[] Archive { get; }

    /// <summary>SHA-256 of the archive: its name in the bucket.</summary>
    public string ArchiveSha256 { get; }

    /// <summary>Where it lies on the instance, below RUNCTL_ROOT.</summary>
    public string Path => $"/var/lib/runctl/guard/{Hash}.pyz";

    private static string HashOf(IEnumerable<KeyValuePair<string, byte[]>> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, content) in files)
        {
            // The length keeps the end of one file and the beginning of the next apart.
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\0{content.Length}\0"));
            hash.AppendData(content);
        }

        return Hex.Of(hash.GetHashAndReset());
    }

    private static byte[] Pack(IEnumerable<KeyValuePair<string, byte[]>> files)
    {
        using var buffer = new MemoryStream();
        using (var zip = new ZipArchive(buffer, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                var entry = zip.CreateEntry(name, CompressionLevel.NoCompression);
                entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
                using var stream = entry.Open();
                stream.Write(content);
            }
        }

        return buffer.ToArray();
    }

    private static Dictionary<string, byte[]> ReadResources(Assembly assembly)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(ResourcePrefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            using var buffer = new MemoryStream();
            stream.CopyTo(buffer);
            files[name[ResourcePrefix.Length..].Replace('\\', '/')] = GuardSource.Strip(buffer.ToArray());
        }

        return files;
    }
}
