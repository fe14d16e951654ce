using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Internal;
using System.Security;

namespace Runctl.Host;

/// <summary>Writes the streams as pwsh does: errors and progress to standard error, the rest to standard output.</summary>
internal sealed class ConsoleInterface : PSHostUserInterface
{
    private const string Reset = "\u001b[0m";
    private const string Red = "\u001b[31;1m";
    private const string Yellow = "\u001b[33;1m";

    private readonly object _gate = new();
    private readonly ConsoleProgress _progress = new();
    private bool _lineStarted;

    /// <inheritdoc/>
    public override PSHostRawUserInterface RawUI { get; } = new ConsoleRawInterface();

    /// <inheritdoc/>
    public override bool SupportsVirtualTerminal => !Console.IsOutputRedirected;

    /// <summary>Takes progress from the screen.</summary>
    public void EndProgress()
    {
        lock (_gate)
        {
            _progress.End();
            if (_lineStarted)
            {
                Console.Out.WriteLine();
                _lineStarted = false;
            }

            Console.Out.Flush();
        }
    }

    /// <inheritdoc/>
    public override void Write(string value)
    {
        lock (_gate)
        {
            _progress.Clear();
            Console.Out.Write(Console.IsOutputRedirected ? Plain(value) : value);
            _lineStarted = !value.EndsWith('\n') && (_lineStarted || value.Length > 0);
        }
    }

    /// <inheritdoc/>
    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value);

    /// <inheritdoc/>
    public override void WriteLine(string value) => Write(value + Environment.NewLine);

    /// <inheritdoc/>
    public override void WriteErrorLine(string value)
    {
        lock (_gate)
        {
            _progress.Clear();
            Console.Out.Flush();
            Console.Error.WriteLine(Console.IsErrorRedirected ? Plain(value) : Red + value + Reset);
        }
    }

    /// <inheritdoc/>
    public override void WriteWarningLine(string message) => WriteLabelled("WARNING: ", message);

    /// <inheritdoc/>
    public override void WriteVerboseLine(string message) => WriteLabelled("VERBOSE: ", message);

    /// <inheritdoc/>
    public override void WriteDebugLine(string message) => WriteLabelled("DEBUG: ", message);

    /// <inheritdoc/>
    public override void WriteInformation(InformationRecord record)
    {
        // The engine itself writes the record's text through Write.
    }

    /// <inheritdoc/>
    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        lock (_gate)
        {
            _progress.Show(record);
        }
    }

    /// <inheritdoc/>
    public override string ReadLine() => Console.In.ReadLine() ?? "";

    /// <inheritdoc/>
    public override SecureString ReadLineAsSecureString()
    {
        var secret = new SecureString();
        foreach (var character in ReadLine())
        {
            secret.AppendChar(character);
        }

        secret.MakeReadOnly();
        return secret;
    }

    /// <inheritdoc/>
    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
    {
        Announce(caption, message);
        var answers = new Dictionary<string, PSObject>();
        foreach (var description in descriptions)
        {
            Write(description.Name + ": ");
            answers[description.Name] = Console.In.ReadLine() is { } answer
                ? PSObject.AsPSObject(answer)
                : throw new HostException($"A value for {description.Name} is needed, and there is nobody to ask.");
        }

        return answers;
    }

    /// <inheritdoc/>
    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        Announce(caption, message);
        while (true)
        {
            Write(string.Join("  ", choices.Select((choice, index) => $"[{ChoiceKey.Of(choice)}] {choice.Label.Replace("&", "", StringComparison.Ordinal)}{(index == defaultChoice ? " (default)" : "")}")) + ": ");
            if (Console.In.ReadLine() is not { } answer)
            {
                throw new HostException("A confirmation is needed, and there is nobody to ask: give -Confirm:$false where that is meant.");
            }

            var chosen = answer.Length == 0 ? defaultChoice : ChoiceKey.Find(choices, answer.Trim());
            if (chosen >= 0)
            {
                return chosen;
            }
        }
    }

    /// <inheritdoc/>
    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        throw new HostException("This host does not ask for credentials.");

    /// <inheritdoc/>
    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options) =>
        PromptForCredential(caption, message, userName, targetName);

    // The engine's views have colours; files and pipes have none.
    private static string Plain(string text) => new StringDecorated(text).ToString(OutputRendering.PlainText);

    private void Announce(string caption, string message)
    {
        foreach (var line in new[] { caption, message }.Where(line => !string.IsNullOrEmpty(line)))
        {
            WriteLine(line);
        }
    }

    private void WriteLabelled(string label, string message) =>
        WriteLine(Console.IsOutputRedirected ? label + message : Yellow + label + message + Reset);
}
