using System.Globalization;
using System.Text.Json.Nodes;

namespace Runctl.Sandbox.Ssm;

/// <summary>Cuts lists into pages.</summary>
internal static class SsmPage
{
    /// <summary>The page that a request asks for.</summary>
    public static JsonObject Cut<T>(JsonObject request, string name, IReadOnlyList<T> rows, int usual, int most, Func<T, JsonNode> describe)
    {
        var first = 0;
        if (request.Text("NextToken") is { } token && !int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out first))
        {
            throw new SsmException("InvalidNextToken", "The specified token isn't valid.");
        }

        var size = request["MaxResults"]?.GetValue<int>() ?? usual;
        if (size < 1 || size > most)
        {
            throw new SsmException("ValidationException", $"Value '{size}' at 'maxResults' failed to satisfy constraint: Member must have value from 1 to {most}");
        }

        var page = new JsonObject { [name] = new JsonArray([.. rows.Skip(first).Take(size).Select(describe)]) };
        if (first + size < rows.Count)
        {
            page["NextToken"] = (first + size).ToString(CultureInfo.InvariantCulture);
        }

        return page;
    }
}
