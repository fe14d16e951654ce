using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Runctl.Errors;

namespace Runctl.Code;

/// <summary>The files git tracks or would track, those of checked-out submodules and other repositories inside included.</summary>
/// <param name="walk">Lists a directory by the ignore rules that lie in it, without git.</param>
internal sealed class GitFiles(Func<string, CancellationToken, IEnumerable<string>> walk)
{
    private const string SubmoduleMode = "160000";
    private const string OwnRules = ".runctlignore";

    private readonly HashSet<string> _paths = new(StringComparer.Ordinal);
    private readonly List<string> _warnings = [];

    /// <summary>Whether git does not list the project, because an enclosing work tree ignores it as a whole.</summary>
    public bool IsIgnoredAsAWhole { get; private set; }

    /// <summary>What stays behind, with the reason and what to do.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>The files below a directory, relative to it; null outside a work tree, or where there is no git.</summary>
    public async Task<IReadOnlyCollection<string>?> TryListAsync(string directory, CancellationToken cancellationToken)
    {
        if (!InWorkTree(directory))
        {
            return null;
        }

        try
        {
            IsIgnoredAsAWhole = await IsIgnoredAsync(directory, cancellationToken).ConfigureAwait(false);
            await ListAsync(directory, "", cancellationToken).ConfigureAwait(false);
        }
        catch (Win32Exception)
        {
            // No git on this machine: the rules are read without it.
            return null;
        }

        return _paths;
    }

    private async Task ListAsync(string directory, string prefix, CancellationToken cancellationToken)
    {
        var modules = new List<string>();
        var own = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in await AskAsync(directory, "", cancellationToken, "ls-files", "--cached", "--stage", "-z").ConfigureAwait(false))
        {
            // Mode, object and stage stand before the name, which begins after the tab.
            var name = entry.AsMemory(1 + Array.IndexOf(entry, (byte)'\t'));
            Take(name.Span, prefix, own, modules, isModule: Encoding.ASCII.GetString(entry, 0, SubmoduleMode.Length) == SubmoduleMode);
        }

        if (IsIgnoredAsAWhole && prefix.Length == 0)
        {
            own.UnionWith(walk(directory, cancellationToken));
        }
        else
        {
            foreach (var entry in await AskAsync(directory, "", cancellationToken, "ls-files", "--others", "--exclude-standard", "-z").ConfigureAwait(false))
            {
                // A repository of its own that is no submodule is listed with a slash at its end.
                Take(entry, prefix, own, modules, isModule: entry[^1] == (byte)'/');
            }
        }

        await NameSpecialAsync(directory, prefix, own, cancellationToken).ConfigureAwait(false);
        if (own.Any(path => path == OwnRules || path.EndsWith("/" + OwnRules, StringComparison.Ordinal)))
        {
            foreach (var entry in await AskAsync(directory, "", cancellationToken, "ls-files", "--cached", "--others", "--ignored", "--exclude-per-directory=" + OwnRules, "-z").ConfigureAwait(false))
            {
                own.Remove(Encoding.UTF8.GetString(entry));
            }
        }

        _paths.UnionWith(own.Select(name => prefix + name));
        foreach (var module in modules.Distinct(StringComparer.Ordinal))
        {
            await ListModuleAsync(directory, prefix, module.TrimEnd('/'), cancellationToken).ConfigureAwait(false);
        }
    }

    private void Take(ReadOnlySpan<byte> bytes, string prefix, HashSet<string> own, List<string> modules, bool isModule)
    {
        if (!FileNames.TryDecode(bytes, out var name))
        {
            _warnings.Add(FileNames.NotUnicode(prefix + name));
        }
        else if (isModule)
        {
            modules.Add(name);
        }
        else
        {
            own.Add(name);
        }
    }

    private async Task ListModuleAsync(string directory, string prefix, string module, CancellationToken cancellationToken)
    {
        var full = Path.Combine(directory, module);
        if (Entries.KindOf(full) != EntryKind.Directory || !Directory.EnumerateFileSystemEntries(full).Any())
        {
            _warnings.Add($"{prefix}{module} is a submodule that is not checked out; the instance gets nothing of it. Run: git -C {Quoted(directory)} submodule update --init --recursive -- {Quoted(module)}");
            return;
        }

        if (Path.Exists(Path.Combine(full, ".git")))
        {
            try
            {
                await ListAsync(full, $"{prefix}{module}/", cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (RunctlException e) when (e.Id == ErrorIds.GitFailed)
            {
                // Its repository is damaged or elsewhere, but its files are here.
            }
        }

        _paths.UnionWith(walk(full, cancellationToken).Select(path => $"{prefix}{module}/{path}"));
    }

    /// <summary>git passes over FIFOs, sockets and devices without a word; those it would not ignore are listed, to be named.</summary>
    private async Task NameSpecialAsync(string directory, string prefix, HashSet<string> own, CancellationToken cancellationToken)
    {
        var special = new List<string>();
        foreach (var folder in own.Select(path => path[..(path.LastIndexOf('/') + 1)]).Append("").Distinct(StringComparer.Ordinal))
        {
            var full = Path.Combine(directory, folder);
            if (Entries.KindOf(Path.TrimEndingDirectorySeparator(full)) == EntryKind.Directory)
            {
                special.AddRange(Directory.EnumerateFileSystemEntries(full).Select(entry => folder + Path.GetFileName(entry)).Where(path => !own.Contains(path) && Entries.KindOf(Path.Combine(directory, path)) == EntryKind.Special));
            }
        }

        if (special.Count > 0)
        {
            var ignored = await AskAsync(directory, string.Join('\0', special), cancellationToken, "check-ignore", "-z", "--stdin").ConfigureAwait(false);
            own.UnionWith(special.Except(IsIgnoredAsAWhole && prefix.Length == 0 ? [] : ignored.Select(bytes => Encoding.UTF8.GetString(bytes)), StringComparer.Ordinal));
        }
    }

    // By the rules alone: a file in it that was added by force does not make the rest one that is meant to stay.
    private static async Task<bool> IsIgnoredAsync(string directory, CancellationToken cancellationToken) =>
        (await RunAsync(directory, "", cancellationToken, "check-ignore", "--quiet", "--no-index", ".").ConfigureAwait(false)).Code == 0;

    private static async Task<IEnumerable<byte[]>> AskAsync(string directory, string input, CancellationToken cancellationToken, params string[] arguments)
    {
        var (code, output, error) = await RunAsync(directory, input, cancellationToken, arguments).ConfigureAwait(false);

        // check-ignore says by 1 that nothing is ignored.
        return code == 0 || (code == 1 && arguments[0] == "check-ignore") ? Split(output) : throw RunctlErrors.GitFailed(directory, error.Trim());
    }

    private static async Task<(int Code, byte[] Output, string Error)> RunAsync(string directory, string input, CancellationToken cancellationToken, params string[] arguments)
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var start = new ProcessStartInfo("git") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, StandardInputEncoding = utf8, StandardErrorEncoding = utf8, UseShellExecute = false };
        foreach (var argument in new[] { "-C", directory }.Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        using var output = new MemoryStream();
        var read = process.StandardOutput.BaseStream.CopyToAsync(output, cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken).ConfigureAwait(false);
        process.StandardInput.Close();
        await Task.WhenAll(read, error).ConfigureAwait(false);
        await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        return (process.ExitCode, output.ToArray(), await error.ConfigureAwait(false));
    }

    private static List<byte[]> Split(byte[] output)
    {
        var found = new List<byte[]>();
        for (var begin = 0; begin < output.Length;)
        {
            var end = Array.IndexOf(output, (byte)0, begin);
            end = end < 0 ? output.Length : end;
            found.Add(output[begin..end]);
            begin = end + 1;
        }

        return found;
    }

    private static string Quoted(string text) => text.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_') ? text : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

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
