using System.Text;
using Runctl.Sandbox.Instances;

namespace Runctl.Sandbox.Ssm;

/// <summary>Lays a command down as the agent does: a file that <c>sh -c</c> executes, so that a first line <c>#!</c> counts.</summary>
internal static class CommandScript
{
    /// <summary>Writes the script and returns its path.</summary>
    public static string Write(Machine machine, string instanceId, Command command)
    {
        var directory = Path.Combine(
            Home(machine), instanceId, "document/orchestration", command.Id, "awsrunShellScript/0.awsrunShellScript");
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, "_script.sh");
        ExecutableFile.Write(path, Encoding.UTF8.GetBytes(string.Join('\n', command.Lines) + "\n"));
        return path;
    }

    /// <summary>The directory a command runs in.</summary>
    public static string WorkingDirectory(Machine machine, Command command) =>
        command.WorkingDirectory is { Length: > 0 } directory ? machine.Root + "/" + directory.TrimStart('/') : Home(machine);

    private static string Home(Machine machine) => Path.Combine(machine.Root, "var/lib/amazon/ssm");
}
