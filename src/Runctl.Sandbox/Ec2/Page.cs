using System.Globalization;
using System.Text;

namespace Runctl.Sandbox.Ec2;

/// <summary>Cuts a list into pages, as MaxResults and NextToken ask.</summary>
internal static class Page
{
    /// <summary>The page asked for, and the token of the next one or null.</summary>
    public static (IReadOnlyList<T> Items, string? NextToken) Of<T>(
        IReadOnlyList<T> all, QueryParameters parameters, int lowest = 5, int highest = 1000)
    {
        var size = parameters.Number("MaxResults");
        if (size < lowest || size > highest)
        {
            throw new Ec2Exception("InvalidParameterValue",
                $"Value ( {size} ) for parameter maxResults is invalid. Expecting a value between {lowest} and {highest}.");
        }

        var start = parameters.Text("NextToken") is { Length: > 0 } token ? Decode(token) : 0;
        var count = size ?? highest;
        return (all.Skip(start).Take(count).ToList(), start + count < all.Count ? Encode(start + count) : null);
    }

    private static string Encode(int start) =>
        Convert.ToBase64String(Encoding.ASCII.GetBytes(start.ToString(CultureInfo.InvariantCulture)));

    private static int Decode(string token)
    {
        var bytes = new byte[32];
        return Convert.TryFromBase64String(token, bytes, out var length)
            && int.TryParse(bytes.AsSpan(0, length), NumberStyles.None, CultureInfo.InvariantCulture, out var start)
                ? start
                : throw new Ec2Exception("InvalidNextToken", "The specified NextToken is invalid.");
    }
}
