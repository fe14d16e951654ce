using Runctl.Sandbox.Ec2.Protocol;

namespace Runctl.Sandbox.Ec2.Tagging;

/// <summary>Reads the tags of a call.</summary>
internal static class TagReader
{
    private const int MaxKey = 128;
    private const int MaxValue = 256;
    private const int MaxTags = 50;

    /// <summary>The tags of TagSpecifications by resource type.</summary>
    /// <exception cref="Ec2Exception">A resource type this call cannot tag.</exception>
    public static IReadOnlyDictionary<string, TagSet> Specifications(Ec2Parameters parameters, params string[] resourceTypes)
    {
        var all = new Dictionary<string, TagSet>(StringComparer.Ordinal);
        foreach (var branch in parameters.Branches("TagSpecification"))
        {
            var type = branch.Require("ResourceType");
            if (!resourceTypes.Contains(type, StringComparer.Ordinal))
            {
                throw new Ec2Exception("InvalidParameterValue", $"'{type}' is not a valid taggable resource type for this operation.");
            }

            if (!all.TryAdd(type, Checked(Tags(branch))))
            {
                throw new Ec2Exception("InvalidParameterValue", $"Duplicate resource type '{type}' found in tag specifications.");
            }
        }

        return all;
    }

    /// <summary>The tags of a branch. A tag without a value has the empty one.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Tags(Ec2Parameters parameters) =>
        [.. parameters.Branches("Tag").Select(tag => KeyValuePair.Create(CheckKey(tag.Require("Key")), CheckValue(tag["Value"] ?? "")))];

    /// <summary>A set of at most 50 tags.</summary>
    public static TagSet Checked(IEnumerable<KeyValuePair<string, string>> tags, TagSet? to = null)
    {
        var set = (to ?? TagSet.Empty).With(tags);

        // What AWS adds by itself does not count.
        return set.Count(tag => !IsReserved(tag.Key)) <= MaxTags
            ? set
            : throw new Ec2Exception("TagLimitExceeded", "More than 50 tags specified");
    }

    private static string CheckKey(string key) =>
        IsReserved(key) ? throw new Ec2Exception("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
        : key.Any(char.IsControl) ? throw new Ec2Exception("InvalidParameterValue", "Tag key contains invalid characters")
        : key.Length <= MaxKey ? key
        : throw new Ec2Exception("InvalidParameterValue", $"Tag key exceeds the maximum length of {MaxKey} characters");

    private static string CheckValue(string value) =>
        value.Any(char.IsControl) ? throw new Ec2Exception("InvalidParameterValue", "Tag value contains invalid characters")
        : value.Length <= MaxValue ? value
        : throw new Ec2Exception("InvalidParameterValue", $"Tag value exceeds the maximum length of {MaxValue} characters");

    private static bool IsReserved(string key) => key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase);
}
