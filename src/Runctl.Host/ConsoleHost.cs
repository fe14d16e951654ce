using System.Globalization;
using System.Management.Automation.Host;

namespace Runctl.Host;

/// <summary>What the engine asks of the program around it.</summary>
internal sealed class ConsoleHost : PSHost
{
    /// <summary>The exit code a command asked for by <c>exit</c>, or null.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>The streams.</summary>
    public ConsoleInterface Interface { get; } = new();

    /// <inheritdoc/>
    public override string Name => "Runctl.Host";

    /// <inheritdoc/>
    public override Version Version => typeof(ConsoleHost).Assembly.GetName().Version!;

    /// <inheritdoc/>
    public override Guid InstanceId { get; } = Guid.NewGuid();

    /// <inheritdoc/>
    public override PSHostUserInterface UI => Interface;

    /// <inheritdoc/>
    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    /// <inheritdoc/>
    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    /// <inheritdoc/>
    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    /// <inheritdoc/>
    public override void EnterNestedPrompt() => throw new NotSupportedException("This host has no prompt.");

    /// <inheritdoc/>
    public override void ExitNestedPrompt() => throw new NotSupportedException("This host has no prompt.");

    /// <inheritdoc/>
    public override void NotifyBeginApplication()
    {
    }

    /// <inheritdoc/>
    public override void NotifyEndApplication()
    {
    }
}
