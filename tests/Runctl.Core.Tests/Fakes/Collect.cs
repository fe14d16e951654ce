using Runctl.Progress;

namespace Runctl.Core.Tests.Fakes;

/// <summary>Progress in a list, told at once.</summary>
internal sealed class Collect<T> : IProgress<T>
{
    public List<T> All { get; } = [];

    public void Report(T value)
    {
        lock (All)
        {
            All.Add(value);
        }
    }
}
