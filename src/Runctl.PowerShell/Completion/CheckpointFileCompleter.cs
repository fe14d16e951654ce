using Runctl.Checkpoints;
using Runctl.PowerShell.Targets;

namespace Runctl.PowerShell.Completion;

/// <summary>Completes paths of the files of checkpoints: of the one that stands in the line, or of all this session has seen.</summary>
internal sealed class CheckpointFileCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Names(CompletionScope scope)
    {
        var targets = scope.Targets("Checkpoint").ToList();
        return from checkpoint in targets.Select(target => target.Source).OfType<RunctlCheckpoint>().Concat(scope.Known.Manifests.Where(known => targets.Count == 0 || targets.Exists(target => IsOf(target, known))))
               from file in checkpoint.Files
               select Name(file.Path, $"{file.Class} file of {checkpoint.Name}");
    }

    private static bool IsOf(RunctlTarget target, RunctlCheckpoint checkpoint) => target.Kind == TargetKind.Checkpoint ? target.Id == checkpoint.Manifest || target.Id == checkpoint.S3Uri : target.Id == checkpoint.RunId;
}
