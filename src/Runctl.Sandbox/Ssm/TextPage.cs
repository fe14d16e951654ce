using System.Globalization;

namespace Runctl.Sandbox.Ssm;

/// <summary>Cuts a list into pages, as MaxResults and NextToken ask.</summary>
internal static class TextPage
{
    private const string Prefix = "page-";

    /// <summary>The page asked for, and the token of the next one or null.</summary>
    public static (IReadOnlyList<T> Items, string? NextToken) Of<T>(IReadOnlyList<T> all, JsonRequest request, int lowest, int highest)
    {
        var size = request.PageSize(lowest, highest);
        var start = 0;
        if (request.Text("NextToken") is { Length: > 0 } token
            && !(token.StartsWith(Prefix, StringComparison.Ordinal)
                && int.TryParse(token.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out start)))
        {
            throw new SsmException("InvalidNextToken", "The specified token is not valid.");
        }

        var next = start + size < all.Count ? Prefix + (start + size).ToString(CultureInfo.InvariantCulture) : null;
        return (all.Skip(start).Take(size).ToList(), next);
    }
}
