using System.Globalization;
using System.Management.Automation.Host;

namespace Runctl.Package.Tests.Support;

/// <summary>A host that keeps what would be on the screen, a hundred columns wide.</summary>
internal sealed class RecordingHost : PSHost
{
    private readonly RecordingInterface _interface = new();

    /// <summary>What was shown.</summary>
    public string Text => _interface.Text;

    public override string Name => "Recording";

    public override Version Version { get; } = new(1, 0);

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override PSHostUserInterface UI => _interface;

    public override CultureInfo CurrentCulture => CultureInfo.InvariantCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.InvariantCulture;

    /// <summary>Forgets what was shown.</summary>
    public void Clear() => _interface.Clear();

    /// <summary>Answers the questions to come.</summary>
    public void Answer(IEnumerable<char> answers)
    {
        _interface.Answers.Clear();
        foreach (var answer in answers)
        {
            _interface.Answers.Enqueue(answer);
        }
    }

    public override void SetShouldExit(int exitCode)
    {
    }

    public override void EnterNestedPrompt() => throw new NotSupportedException();

    public override void ExitNestedPrompt() => throw new NotSupportedException();

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }
}
