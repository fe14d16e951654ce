using System.Text;
using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.Faults;

/// <summary>Damages an answer so that it still looks like one.</summary>
internal static class WrongAnswer
{
    private const string Stranger = "<html><head><title>Welcome</title></head><body>Please sign in to the network.</body></html>";

    /// <summary>
    /// The wrong answer: content with one byte flipped, half of a document, another ETag where there is no body; and 200 with a page of
    /// somebody else's, such as a proxy, in place of a refusal.
    /// </summary>
    public static HttpAnswer Of(HttpAnswer answer, ServiceCall call, string? body) =>
        body is not null ? Page(body)
        : answer.Status is < 200 or >= 300 ? Page(Stranger)
        : call is { Service: "s3", Operation: "GetObject" } && answer.Length > 0 ? answer with
        {
            Write = (output, ct) => answer.Write(new FlippedByteStream(output, answer.Length / 2), ct),
        }
        : answer.Length > 0 && call.Operation != "HeadObject" ? answer with
        {
            Length = answer.Length / 2,
            Write = (output, ct) => answer.Write(new CutStream(output, answer.Length / 2), ct),
        }
        : answer with { Headers = OtherETag(answer.Headers) };

    private static HttpAnswer Page(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var headers = new HttpHeaders { { "Content-Type", "text/html" } };
        return new HttpAnswer(200, headers, bytes.Length, (output, ct) => output.WriteAsync(bytes, ct).AsTask());
    }

    private static HttpHeaders OtherETag(HttpHeaders headers)
    {
        var others = new HttpHeaders();
        foreach (var (name, value) in headers)
        {
            var isETag = name.Equals("ETag", StringComparison.OrdinalIgnoreCase);
            others.Add(name, isETag ? "\"00000000000000000000000000000000\"" : value);
        }

        return others;
    }
}
