namespace Runctl.Package.Tests.Hosting;

/// <summary>What came of a process.</summary>
internal sealed record HostResult(int ExitCode, string Output, string Error);
