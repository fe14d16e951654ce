using System.Text;

namespace Runctl.Sandbox.S3.Storage;

/// <summary>The order of keys in lists: that of their UTF-8 bytes, which UTF-16 does not always keep.</summary>
internal sealed class KeyOrder : IComparer<string>
{
    public static KeyOrder Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        var left = (x ?? "").AsSpan();
        var right = (y ?? "").AsSpan();
        var same = left.CommonPrefixLength(right);
        // A pair of surrogates is judged as a whole.
        if (same > 0 && same < left.Length && same < right.Length && char.IsHighSurrogate(left[same - 1]))
        {
            same--;
        }

        return (same == left.Length, same == right.Length) switch
        {
            (true, true) => 0,
            (true, false) => -1,
            (false, true) => 1,
            _ => First(left[same..]).CompareTo(First(right[same..])),
        };
    }

    private static Rune First(ReadOnlySpan<char> text)
    {
        Rune.DecodeFromUtf16(text, out var rune, out _);
        return rune;
    }
}
