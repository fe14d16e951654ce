using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.Faults;

/// <summary>An answer whose connection breaks half way through its body.</summary>
internal static class BrokenAnswer
{
    /// <summary>The beginning of an answer; null where it has no body to break in.</summary>
    public static HttpAnswer? Of(HttpAnswer answer) => answer.Length == 0 ? null : answer with
    {
        Write = async (output, ct) =>
        {
            await answer.Write(new CutStream(output, answer.Length / 2), ct).ConfigureAwait(false);
            throw new IOException("A fault of the sandbox breaks the connection here.");
        },
    };
}
