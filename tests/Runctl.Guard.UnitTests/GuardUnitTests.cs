namespace Runctl.Guard.Tests;

/// <summary>
/// The guard's unit tests. They use memory, temporary files and fakes inside the test process, and start no other process. Each package
/// of the guard is one case; a single process of Python would take as long.
/// </summary>
public sealed class GuardUnitTests
{
    private const string Project = "Runctl.Guard.UnitTests";

    public static TheoryData<string> Packages() =>
        [.. PythonTests.Modules(Project).Select(PackageOf).Distinct()];

    [Theory]
    [MemberData(nameof(Packages))]
    public Task Guard_decides_as_its_unit_tests_say(string package) =>
        PythonTests.RunAsync(Project, PythonTests.Modules(Project).Where(module => PackageOf(module) == package));

    // test_program, which lies beside the packages, counts as one.
    private static string PackageOf(string module) => module.Split('.')[0];
}
