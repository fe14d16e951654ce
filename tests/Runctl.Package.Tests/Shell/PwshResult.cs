namespace Runctl.Package.Tests.Shell;

/// <summary>What came of a process.</summary>
internal sealed record PwshResult(int ExitCode, string Output, string Error);
