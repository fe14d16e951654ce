namespace Runctl.Sandbox.Http;

/// <summary>An answer on its way to the client.</summary>
/// <param name="Status">The status.</param>
/// <param name="Headers">The header fields, without length and date.</param>
/// <param name="Length">How long the body is.</param>
/// <param name="Write">Writes the body.</param>
internal sealed record HttpAnswer(int Status, HttpHeaders Headers, long Length, Func<Stream, CancellationToken, Task> Write);
