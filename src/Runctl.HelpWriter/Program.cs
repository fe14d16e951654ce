using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Runctl.HelpWriter;

// Get-Help reads MAML, people write documentation comments: this turns the one into the other when the module is built.
// The CloudFormation template beside it is written by the module too.
if (args is not [var manifest, var documentation, var output, var template])
{
    Console.Error.WriteLine("Usage: Runctl.HelpWriter <module manifest> <documentation file> <MAML file> <CloudFormation template>");
    return 64;
}

var state = InitialSessionState.CreateDefault2();
state.ImportPSModule([manifest]);
using var runspace = RunspaceFactory.CreateRunspace(state);
runspace.Open();
using var shell = PowerShell.Create(runspace);
var commands = shell.AddCommand("Get-Command").AddParameter("Module", Path.GetFileNameWithoutExtension(manifest)).Invoke<CmdletInfo>();
if (commands.Count == 0)
{
    Console.Error.WriteLine($"{manifest}: error: the module exports no cmdlets.");
    return 1;
}

var comments = DocumentationComments.Read(documentation);
var missing = new List<string>();
var help = new MamlDocument(comments, missing).Write(commands.OrderBy(command => command.Name, StringComparer.Ordinal));
foreach (var name in missing)
{
    Console.Error.WriteLine($"{documentation}: error: {name} has no documentation comment.");
}

Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
help.Save(output);
shell.Commands.Clear();
File.WriteAllText(template, shell.AddCommand("Get-RunctlPolicy").AddParameter("CloudFormation").Invoke<string>().Single() + "\n");
return missing.Count == 0 ? 0 : 1;
