using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Internal;
using System.Security;
using System.Text;

namespace Runctl.Package.Tests.Support;

/// <summary>Keeps the text of all streams in their order.</summary>
internal sealed class RecordingInterface : PSHostUserInterface
{
    private readonly StringBuilder _text = new();

    public string Text
    {
        get
        {
            lock (_text)
            {
                return new StringDecorated(_text.ToString()).ToString(OutputRendering.PlainText);
            }
        }
    }

    public override PSHostRawUserInterface RawUI { get; } = new RecordingRawInterface();

    public void Clear()
    {
        lock (_text)
        {
            _text.Clear();
        }
    }

    public override void Write(string value)
    {
        lock (_text)
        {
            _text.Append(value);
        }
    }

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value);

    public override void WriteLine(string value) => Write(value + "\n");

    public override void WriteErrorLine(string value) => WriteLine(value);

    public override void WriteDebugLine(string message) => WriteLine("DEBUG: " + message);

    public override void WriteVerboseLine(string message) => WriteLine("VERBOSE: " + message);

    public override void WriteWarningLine(string message) => WriteLine("WARNING: " + message);

    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
    }

    public override string ReadLine() => throw new NotSupportedException();

    public override SecureString ReadLineAsSecureString() => throw new NotSupportedException();

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) => throw new NotSupportedException();

    /// <summary>What the user answers to the questions to come: a choice's first letter each. Without one nobody is there.</summary>
    public Queue<char> Answers { get; } = new();

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        WriteLine($"{caption}: {message}");
        return Answers.TryDequeue(out var answer) ? choices.ToList().FindIndex(choice => choice.Label.TrimStart('&').StartsWith(answer)) : throw new NotSupportedException("Nobody is there to ask.");
    }

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) => throw new NotSupportedException();

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options) => throw new NotSupportedException();
}
