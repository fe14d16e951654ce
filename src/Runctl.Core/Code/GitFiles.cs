using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Runctl.Errors;

namespace Runctl.Code;

/// <summary>The files git tracks or would track.</summary>
internal static class GitFiles
{
    /// <summary>The files below a directory, relative to it; null outside a work tree, or where there is no git.</summary>
    public static async Task<IReadOnlyList<string>?> TryListAsync(string directory, CancellationToken cancellationToken)
    {
        if (!InWorkTree(directory))
        {
            return null;
        }

        var start = new ProcessStartInfo("git") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, StandardOutputEncoding = Encoding.UTF8, UseShellExecute = false };
        foreach (var argument in new[] { "-C", directory, "ls-files", "--cached", "--others", "--exclude-standard", "-z" })
        {
            start.ArgumentList.Add(argument);
        }

        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            // No git on this machine: the rules are read without it.
            return null;
        }

        using (process)
        {
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            await Task.WhenAll(output, error).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return process.ExitCode == 0
                ? [.. (await output.ConfigureAwait(false)).Split('\0', StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal)]
                : throw RunctlErrors.GitFailed(directory, (await error.ConfigureAwait(false)).Trim());
        }
    }

    private static bool InWorkTree(string directory)
    {
        for (var parent = new DirectoryInfo(directory); parent is not null; parent = parent.Parent)
        {
            // A directory in a repository, a file in a linked work tree or submodule.
            if (Path.Exists(Path.Combine(parent.FullName, ".git")))
            {
                return true;
            }
        }

        return false;
    }
}
