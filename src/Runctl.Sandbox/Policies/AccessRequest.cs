namespace Runctl.Sandbox.Policies;

/// <summary>One permission that a request needs: an action on a resource, with what conditions may ask about.</summary>
/// <param name="Action">For example <c>s3:GetObject</c>.</param>
/// <param name="Resource">An ARN, or <c>*</c> if the action knows no resources.</param>
internal sealed record AccessRequest(string Action, string Resource)
{
    private readonly Dictionary<string, IReadOnlyList<string>> _keys = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The values of a condition key, or null if the request does not have it.</summary>
    public IReadOnlyList<string>? this[string key] => _keys.GetValueOrDefault(key);

    /// <summary>Sets a condition key; null leaves it out.</summary>
    public AccessRequest With(string key, params IReadOnlyList<string>? values)
    {
        if (values is not null)
        {
            _keys[key] = values;
        }

        return this;
    }

    /// <summary>Tags that the request asks for.</summary>
    public AccessRequest Asking(IEnumerable<KeyValuePair<string, string>> tags)
    {
        var all = tags.ToList();
        With("aws:TagKeys", [.. all.Select(tag => tag.Key)]);
        return all.Aggregate(this, (request, tag) => request.With("aws:RequestTag/" + tag.Key, tag.Value));
    }

    /// <summary>Tags that the resource has.</summary>
    public AccessRequest Tagged(IEnumerable<KeyValuePair<string, string>> tags, string key = "aws:ResourceTag/") =>
        tags.Aggregate(this, (request, tag) => request.With(key + tag.Key, tag.Value));
}
