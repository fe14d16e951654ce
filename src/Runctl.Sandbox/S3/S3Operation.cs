namespace Runctl.Sandbox.S3;

/// <summary>An operation of S3.</summary>
/// <param name="Name">As the API reference has it, e.g. UploadPart.</param>
/// <param name="HandleAsync">Carries it out.</param>
internal sealed record S3Operation(string Name, Func<S3Call, CancellationToken, Task> HandleAsync);
