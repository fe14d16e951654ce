namespace Runctl.Checkpoints;

/// <summary>Chooses files of a checkpoint. What a chosen link leads to is chosen with it.</summary>
public static class CheckpointSelection
{
    /// <summary>The save and what travels with it: classes save and current.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="older">Whether the other checkpoints that lay beside it are wanted as well (class older).</param>
    public static IReadOnlyList<CheckpointFile> Whole(RunctlCheckpoint checkpoint, bool older) => Choose(checkpoint, file => older || file.Class != CheckpointFile.Older);

    /// <summary>Only the head. TensorFlow's prefix stands for the files that begin with it.</summary>
    public static IReadOnlyList<CheckpointFile> Head(RunctlCheckpoint checkpoint)
    {
        var head = Choose(checkpoint, file => file.Path == checkpoint.Name || file.Path.StartsWith(checkpoint.Name + "/", StringComparison.Ordinal));
        return head.Count > 0 ? head : Choose(checkpoint, file => file.Path.StartsWith(checkpoint.Name + ".", StringComparison.Ordinal));
    }

    /// <summary>The files whose paths pass, of any class.</summary>
    public static IReadOnlyList<CheckpointFile> Choose(RunctlCheckpoint checkpoint, Func<CheckpointFile, bool> isWanted)
    {
        var chosen = new HashSet<CheckpointFile>(checkpoint.Files.Where(isWanted));
        var links = new Queue<CheckpointFile>(chosen.Where(file => file.Link is not null));
        while (links.TryDequeue(out var link))
        {
            if (CheckpointPaths.Resolve(link.Path, link.Link!) is not { } target)
            {
                // The download refuses it.
                continue;
            }

            foreach (var file in checkpoint.Files.Where(file => (file.Path == target || file.Path.StartsWith(target + "/", StringComparison.Ordinal)) && chosen.Add(file)))
            {
                if (file.Link is not null)
                {
                    links.Enqueue(file);
                }
            }
        }

        return [.. checkpoint.Files.Where(chosen.Contains)];
    }
}
