using Runctl.Configuration;

namespace Runctl.Setup;

/// <summary>What a script's text says will go wrong on an instance: for Test-RunctlSetup, and for a start as warnings.</summary>
/// <param name="list">Where checks are made.</param>
/// <param name="configuration">The settings in force.</param>
/// <param name="project">The project on this machine.</param>
internal sealed class ScriptChecks(CheckList list, RunctlConfiguration configuration, string project)
{
    /// <summary>The checks.</summary>
    /// <param name="look">The look at the script; null where it could not be read.</param>
    public IEnumerable<RunctlSetupCheck> Judge(ScriptInspection? look)
    {
        yield return Launcher(look);
        yield return Early(look);
        yield return LineEnds(look);
    }

    /// <summary>What a start warns of. A script that cannot be read is left to the start itself, which says so.</summary>
    public static IReadOnlyList<string> Warnings(RunctlConfiguration configuration, string script, string project)
    {
        try
        {
            return [.. new ScriptChecks(new CheckList(null), configuration, project).Judge(ScriptInspection.At(script, project)).Where(check => check.Passed == false).Select(check => $"{check.Seen}. {check.Remedy}")];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private RunctlSetupCheck LineEnds(ScriptInspection? look)
    {
        const string name = "ScriptLineEnds";
        if (look is null)
        {
            return list.Unknown(name, "Not tried: Script failed.");
        }

        var files = look.CarriageReturns.Concat(configuration.SetupCommand is { } command ? ShellFiles.NamedBy(command, project) : []).Distinct(StringComparer.Ordinal).ToList();
        var names = string.Join(' ', files.Select(file => file.Contains(' ', StringComparison.Ordinal) ? $"'{file}'" : file));
        return files.Count == 0 ? list.Pass(name, "no shell script has Windows line ends")
            : list.Fail(name, $"{string.Join(", ", files)}: lines end in CR LF, as on Windows; a shell takes the CR for a part of each command and fails",
                $"Convert it: sed -i 's/\\r$//' {names} (or dos2unix {names}). In a git project add the line '*.sh text eol=lf' to .gitattributes, or the next checkout on Windows converts it back.");
    }

    private RunctlSetupCheck Early(ScriptInspection? look)
    {
        const string name = "HandlerEarly";
        const string remedy = "Register the handler first, before large imports, data and model; it only has to set a flag that the loop reads.";
        return look switch
        {
            null => list.Unknown(name, "Not tried: Script failed."),
            { HandlesSignal: not true } => list.Unknown(name, "Not tried: there is no handler to look for."),
            { Late: null } => list.Pass(name, "nothing that takes long is seen before the handler"),
            { Late: { IsImport: true } late } => list.Pass(name, $"the handler is registered in line {late.Line}, after '{late.Work}' in line {late.WorkLine}: for these seconds the stop signal ends the script").With(copy => copy.Remedy = remedy),
            { Late: { } late } => list.Fail(name, $"The handler is registered in line {late.Line}, after '{late.Work}' in line {late.WorkLine}: until then the stop signal ends the script at once", remedy),
        };
    }

    // Before torch 2.12 nothing can be set, so only a short grace period is certain.
    private RunctlSetupCheck Launcher(ScriptInspection? look)
    {
        const string name = "TorchrunGrace";
        var grace = configuration.GracePeriod;
        if (look is null)
        {
            return list.Unknown(name, "Not tried: Script failed.");
        }

        var isDeepSpeed = look.Launcher?.Trim().EndsWith("deepspeed", StringComparison.Ordinal) == true;
        return !look.UsesTorchrun ? list.Pass(name, "torchrun is not used")
            : configuration.SignalTo != "launcher" ? list.Pass(name, "the guard tells the workers themselves; the launcher's own limit does not apply")
            : grace <= TimeSpan.FromSeconds(30) ? list.Pass(name, $"the grace period is {grace.TotalSeconds:0} s")
            : !isDeepSpeed && (look.ShutdownTimeout || configuration.TrainingEnvironment.ContainsKey("TORCH_ELASTIC_SHUTDOWN_TIMEOUT"))
                ? list.Pass(name, "TORCH_ELASTIC_SHUTDOWN_TIMEOUT is set (torch 2.12 and later)")
                : list.Fail(name, $"{(isDeepSpeed ? "deepspeed" : "torchrun")} kills its workers 30 s after SIGTERM; the grace period of {grace.TotalSeconds:0} s does not reach them",
                    isDeepSpeed ? "Let the workers save within 30 s, or set signal_to = \"trainers\" under [training]."
                    : "Let the workers save within 30 s, set signal_to = \"trainers\" under [training], or set TORCH_ELASTIC_SHUTDOWN_TIMEOUT under [training] environment (torch 2.12 and later).");
    }
}
