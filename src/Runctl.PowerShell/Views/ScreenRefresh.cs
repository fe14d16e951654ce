using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Runspaces;

namespace Runctl.PowerShell.Views;

/// <summary>Shows objects on the terminal in place of the ones it showed before.</summary>
internal sealed class ScreenRefresh(PSHost host, CommandInvocationIntrinsics engine)
{
    private static readonly string[] LineEnds = ["\r\n", "\n"];
    private int _lines;

    /// <summary>Shows objects by their views.</summary>
    /// <param name="objects">What to show now.</param>
    public void Show(IReadOnlyList<object> objects)
    {
        var width = host.UI.RawUI.BufferSize.Width;
        var text = string.Concat(Run("$input | Out-String -Width $args[0]", objects, width));
        if (_lines > 0)
        {
            // Up by the lines of before, and clear from there. A terminal stops at its top.
            host.UI.Write($"\u001b[{_lines}A\r\u001b[J");
        }

        Run("$input | Out-Host", objects);
        _lines = text.Split(LineEnds, StringSplitOptions.None).Length - 1;
    }

    private Collection<PSObject> Run(string script, IReadOnlyList<object> input, params object[] arguments) =>
        engine.InvokeScript(script, true, PipelineResultTypes.None, (List<object>)[.. input], arguments);
}
