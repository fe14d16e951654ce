using System.Text;
using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.Signing;

/// <summary>The fields after the last chunk of aws-chunked content, which the request's head has announced.</summary>
internal static class AwsTrailer
{
    private const int LineLimit = 4 * 1024;
    private const string SignatureField = "x-amz-trailer-signature";

    /// <summary>Reads the fields into <paramref name="trailers"/> and verifies their signature where there is a signer.</summary>
    /// <exception cref="SignatureException">They are not what was announced or signed.</exception>
    public static async Task ReadAsync(
        BufferedInput input, ChunkSigner? signer, IReadOnlyCollection<string> announced, HttpHeaders trailers,
        CancellationToken ct)
    {
        var canonical = new StringBuilder();
        string? signature = null;
        // Some clients end the trailer without its empty line, at the end of the content.
        while (await input.ReadLineAsync(LineLimit, ct).ConfigureAwait(false) is { Length: > 0 } line)
        {
            var pair = line.Split(':', 2, StringSplitOptions.TrimEntries);
            var name = pair[0].ToLowerInvariant();
            if (pair.Length != 2 || (name != SignatureField && !announced.Contains(name)))
            {
                throw new SignatureException(SignatureFailure.MalformedTrailer, "The trailer has a field nobody announced.");
            }

            if (name == SignatureField)
            {
                signature = pair[1];
                continue;
            }

            trailers.Add(name, pair[1]);
            canonical.Append(name).Append(':').Append(pair[1]).Append('\n');
        }

        if (!announced.All(trailers.Contains))
        {
            throw new SignatureException(SignatureFailure.MalformedTrailer, "The trailer lacks a field that was announced.");
        }

        if (signer is not null && announced.Count > 0)
        {
            signer.VerifyTrailer(canonical.ToString(), signature ?? "");
        }
    }
}
