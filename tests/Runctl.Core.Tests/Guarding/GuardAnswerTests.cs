using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Ports;

namespace Runctl.Core.Tests.Guarding;

public sealed class GuardAnswerTests
{
    [Theory]
    [InlineData(3, ErrorKind.NotFound)]
    [InlineData(4, ErrorKind.InvalidState)]
    [InlineData(5, ErrorKind.InvalidState)]
    [InlineData(6, ErrorKind.Connection)]
    [InlineData(70, ErrorKind.Defect)]
    public void An_error_keeps_its_id_message_and_target(int exitCode, ErrorKind kind)
    {
        var error = Read(exitCode, """{"schema":1,"error":{"id":"ScriptNotFound","message":"There is none.","target":"train.py"}}""").Error!;
        Assert.Equal(("ScriptNotFound", "There is none.", "train.py", kind), (error.Id, error.Message, error.Target, error.Kind));
    }

    [Fact]
    public void A_state_that_tells_of_an_error_is_no_error()
    {
        var answer = Read(0, """{"run_id":"r","state":"failed","error":{"id":"TrainingFailed","message":"m"}}""");
        Assert.Equal("failed", answer.Require().GetProperty("state").GetString());
    }

    [Fact]
    public void What_is_no_json_shows_what_was_said_instead()
    {
        var error = Read(1, "", "Segmentation fault").Error!;
        Assert.Equal("GuardAnswerInvalid", error.Id);
        Assert.Contains("Segmentation fault", error.Message, StringComparison.Ordinal);
    }

    private static GuardAnswer Read(int exitCode, string output, string error = "") => GuardAnswer.Read(new CommandOutcome("i-1", exitCode == 0 ? "Success" : "Failed", null, exitCode, output, error));
}
