using System.Management.Automation;
using System.Reflection;

namespace Runctl.PowerShell.Views;

/// <summary>Whether what a cmdlet writes goes straight to a terminal.</summary>
internal static class ScreenOutput
{
    private const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;

    /// <summary>
    /// True if people see the cmdlet's output on a terminal and nothing else receives it: no pipeline, variable or file.
    /// PowerShell tells a cmdlet its place in the pipeline only, which is the same with and without a variable; the pipe itself tells the rest. If it cannot be read, the answer is no.
    /// </summary>
    /// <param name="cmdlet">The cmdlet that writes.</param>
    public static bool IsTerminal(PSCmdlet cmdlet) =>
        !Console.IsOutputRedirected
        && cmdlet.Host.UI.SupportsVirtualTerminal
        && cmdlet.MyInvocation.PipelinePosition == cmdlet.MyInvocation.PipelineLength
        && Read(cmdlet.CommandRuntime, "OutputPipe") is { } pipe
        && Read(Read(pipe, "DownstreamCmdlet"), "Command")?.GetType().Name == "OutDefaultCommand";

    private static object? Read(object? source, string property) => source?.GetType().GetProperty(property, Hidden)?.GetValue(source);
}
