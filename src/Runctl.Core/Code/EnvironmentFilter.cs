namespace Runctl.Code;

/// <summary>Knows the virtual environments in a project, whatever they are called, by their pyvenv.cfg.</summary>
internal sealed class EnvironmentFilter(string project)
{
    private readonly Dictionary<string, bool> _known = new(StringComparer.Ordinal);

    /// <summary>Whether a file lies in a virtual environment.</summary>
    public bool Covers(string path)
    {
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            var directory = path[..slash];
            if (!_known.TryGetValue(directory, out var isEnvironment))
            {
                _known[directory] = isEnvironment = File.Exists(Path.Combine(project, directory, "pyvenv.cfg"));
            }

            if (isEnvironment)
            {
                return true;
            }
        }

        return false;
    }
}
