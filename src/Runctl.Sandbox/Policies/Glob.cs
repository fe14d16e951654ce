namespace Runctl.Sandbox.Policies;

/// <summary>IAM's patterns: <c>*</c> is any text, <c>?</c> one character; <c>${*}</c>, <c>${?}</c> and <c>${$}</c> are the characters themselves.</summary>
internal sealed class Glob
{
    private const char Any = '\uE000';
    private const char One = '\uE001';
    private readonly string _pattern;
    private readonly bool _ignoreCase;

    public Glob(string text, bool ignoreCase = false)
    {
        var pattern = new System.Text.StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            var literal = text[i] == '$' && i + 3 < text.Length && text[i + 1] == '{' && text[i + 3] == '}' && text[i + 2] is '*' or '?' or '$';
            pattern.Append(text[i] switch { '$' when literal => text[i + 2], '*' => Any, '?' => One, var other => other });
            i += literal ? 3 : 0;
        }

        _ignoreCase = ignoreCase;
        _pattern = ignoreCase ? pattern.ToString().ToLowerInvariant() : pattern.ToString();
    }

    /// <summary>Whether the whole text is as the pattern says.</summary>
    public bool Matches(string text)
    {
        text = _ignoreCase ? text.ToLowerInvariant() : text;
        var (at, place, star, mark) = (0, 0, -1, 0);
        while (at < text.Length)
        {
            if (place < _pattern.Length && _pattern[place] == Any)
            {
                (star, mark) = (place++, at);
            }
            else if (place < _pattern.Length && (_pattern[place] == One || _pattern[place] == text[at]))
            {
                place++;
                at++;
            }
            else if (star >= 0)
            {
                (place, at) = (star + 1, ++mark);
            }
            else
            {
                return false;
            }
        }

        return _pattern.AsSpan(place).Trim(Any).IsEmpty;
    }
}
