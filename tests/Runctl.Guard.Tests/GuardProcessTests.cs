namespace Runctl.Guard.Tests;

/// <summary>The guard's tests with real processes: trainings, guards, and servers on loopback. Each file is one case.</summary>
public sealed class GuardProcessTests
{
    private const string Project = "Runctl.Guard.Tests";

    public static TheoryData<string> Modules() => [.. PythonTests.Modules(Project)];

    [Theory]
    [MemberData(nameof(Modules))]
    public Task Guard_does_as_its_process_tests_say(string module) => PythonTests.RunAsync(Project, module);
}
