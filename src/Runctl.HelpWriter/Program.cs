using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Runctl.HelpWriter;

// Get-Help reads MAML, the repository has Markdown, people write documentation comments: this turns the last into the others when the module is built.
// The CloudFormation template beside the help is written by the module too.
if (args is not [var manifest, var documentation, var screens, var output, var pages, var template])
{
    Console.Error.WriteLine("Usage: Runctl.HelpWriter <module manifest> <documentation files, with ; between them> <directory of screens> <MAML file> <directory of Markdown pages> <CloudFormation template>");
    return 64;
}

var state = InitialSessionState.CreateDefault2();
state.ImportPSModule([manifest]);
using var runspace = RunspaceFactory.CreateRunspace(state);
runspace.Open();
using var shell = PowerShell.Create(runspace);
var cmdlets = shell.AddCommand("Get-Command").AddParameter("Module", Path.GetFileNameWithoutExtension(manifest)).Invoke<CmdletInfo>()
    .OrderBy(cmdlet => cmdlet.Name, StringComparer.Ordinal).ToList();
if (cmdlets.Count == 0)
{
    Console.Error.WriteLine($"{manifest}: error: the module exports no cmdlets.");
    return 1;
}

var missing = new List<string>();
var help = new HelpReader(DocumentationComments.Read(documentation.Split(';'), screens), cmdlets[0].Module.ProjectUri, missing).Read(cmdlets);
foreach (var name in missing)
{
    Console.Error.WriteLine($"{documentation.Split(';')[0]}: error: {name} has no documentation comment.");
}

Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
MamlDocument.Write(help).Save(output);
Directory.CreateDirectory(pages);
File.WriteAllText(Path.Combine(pages, "README.md"), MarkdownPage.WriteIndex(help));
foreach (var cmdlet in help)
{
    File.WriteAllText(Path.Combine(pages, cmdlet.Cmdlet.Name + ".md"), MarkdownPage.Write(cmdlet));
}

shell.Commands.Clear();
File.WriteAllText(template, shell.AddCommand("Get-RunctlPolicy").AddParameter("CloudFormation").Invoke<string>().Single() + "\n");
return missing.Count == 0 ? 0 : 1;
