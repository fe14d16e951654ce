using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace Runctl.Sandbox.Ec2.Protocol;

/// <summary>One page of a Describe call.</summary>
/// <param name="Items">What is on it.</param>
/// <param name="NextToken">Where the next one begins, or null on the last.</param>
internal sealed record Ec2Page<T>(IReadOnlyList<T> Items, string? NextToken)
{
    /// <summary>The token as an element.</summary>
    public XElement? Token => Ec2Xml.Text("nextToken", NextToken);

    /// <summary>Cuts the page out that MaxResults and NextToken ask for.</summary>
    public static Ec2Page<T> Cut(Ec2Parameters parameters, IReadOnlyList<T> all, int min = 5, int max = 1000)
    {
        var size = parameters.Int("MaxResults", min, max) ?? max;
        var start = parameters["NextToken"] is { } token ? Position(token) : 0;
        var next = start + size < all.Count
            ? Convert.ToBase64String(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"page:{start + size}")))
            : null;
        return new Ec2Page<T>([.. all.Skip(start).Take(size)], next);
    }

    private static int Position(string token)
    {
        var bytes = new byte[token.Length];
        return Convert.TryFromBase64String(token, bytes, out var count)
            && Encoding.UTF8.GetString(bytes, 0, count).Split(':') is ["page", var text]
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var position)
            ? position
            : throw new Ec2Exception("InvalidNextToken", "The token provided is invalid.");
    }
}
