using Runctl.Errors;
using Runctl.Events;
using Runctl.Json;
using Runctl.Objects;
using Runctl.Processes;

namespace Runctl.Core.Tests.Objects;

/// <summary>What a training names reaches the terminal of a person in events, errors and views.</summary>
public sealed class PrintableTests
{
    [Theory]
    [InlineData("\u001b]0;title\u0007", "␛]0;title␇")]
    [InlineData("\u009b31m", "\ufffd31m")]
    [InlineData("saved\rlost", "saved␍lost")]
    [InlineData("a\r", "a␍")]
    [InlineData("\b\u007f", "␈␡")]
    [InlineData("pt.\u202egpj", "pt.\ufffdgpj")]
    [InlineData("\u2066a\u2069", "\ufffda\ufffd")]
    public void What_a_terminal_takes_for_a_command_is_shown_as_a_sign(string text, string shown)
    {
        Assert.Equal(shown, Printable.Of(text));
        Assert.False(Printable.Is(text));
        Assert.True(Printable.Is(shown));
    }

    [Theory]
    [InlineData("")]
    [InlineData("step 5\r\n\tloss 0.3\n")]
    [InlineData("zażółć, 東京, \U0001f600, e\u0301, שלום")]
    public void Any_other_text_stays_as_it_is(string text) => Assert.Same(text, Printable.Of(text));

    [Fact]
    public void An_event_an_error_and_a_process_are_printable_whatever_they_quote()
    {
        const string Hostile = "\u001b[2J\u0007x";
        const string Shown = "␛[2J␇x";
        var item = RunctlJson.Read<RunctlEvent>("""{"seq":1,"time":"2026-01-31T12:00:00Z","kind":"Warning","instance_id":"i-1","message":"\u001b[2J\u0007x","data":{}}""");
        Assert.Equal(Shown, item.Message);
        var error = new RunctlException("X", ErrorKind.InvalidData, Hostile, Hostile, Hostile);
        Assert.Equal((Shown, Shown, Hostile), (error.Message, error.RecommendedAction, (string)error.Target!));
        Assert.Equal(Shown, new RunctlProcess { Command = Hostile }.Command);
    }
}
