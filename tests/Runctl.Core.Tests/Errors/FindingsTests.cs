using Runctl.Errors;

namespace Runctl.Core.Tests.Errors;

public sealed class FindingsTests
{
    [Fact]
    public void Nothing_found_is_no_error()
    {
        var findings = new Findings();
        Assert.True(findings.Check(() => { }));
        findings.ThrowIfAny();
    }

    [Fact]
    public void One_failure_is_thrown_as_it_is()
    {
        var failure = new RunctlException("One", ErrorKind.NotFound, "m");
        Assert.Same(failure, Told(failure));
    }

    [Fact]
    public void Of_several_failures_the_first_that_stays_has_the_others_beside_it()
    {
        var told = Told(new("Passing", ErrorKind.ResourceUnavailable, "1") { IsTransient = true }, new("Missing", ErrorKind.NotFound, "2"), new("Wrong", ErrorKind.InvalidInput, "3"));
        Assert.Equal(("Missing", "Wrong, Passing"), (told.Id, string.Join(", ", told.Others.Select(e => e.Id))));
    }

    [Fact]
    public void Missing_credentials_are_told_once_for_all_calls_that_need_them()
    {
        var told = Told(new("CredentialsMissing", ErrorKind.Authentication, "EC2"), new("CredentialsMissing", ErrorKind.Authentication, "S3"));
        Assert.Empty(told.Others);
    }

    [Fact]
    public void Failures_of_one_look_within_another_are_all_told()
    {
        var inner = Told(new("A", ErrorKind.NotFound, "a"), new("B", ErrorKind.NotFound, "b"));
        var told = Told(new("C", ErrorKind.NotFound, "c"), inner);
        Assert.Equal(["C", "A", "B"], told.Others.Prepend(told).Select(e => e.Id));
    }

    private static RunctlException Told(params RunctlException[] failures)
    {
        var findings = new Findings();
        foreach (var failure in failures)
        {
            Assert.False(findings.Check(() => throw failure));
        }

        return Assert.Throws<RunctlException>(findings.ThrowIfAny);
    }
}
