using System.Collections.ObjectModel;
using System.Management.Automation.Host;

namespace Runctl.Host;

/// <summary>The letters by which choices are chosen: the one after the ampersand in a label.</summary>
internal static class ChoiceKey
{
    /// <summary>A choice's letter, or its whole label where it has none.</summary>
    public static string Of(ChoiceDescription choice)
    {
        var mark = choice.Label.IndexOf('&', StringComparison.Ordinal);
        return mark >= 0 && mark + 1 < choice.Label.Length ? choice.Label[(mark + 1)..(mark + 2)].ToUpperInvariant() : choice.Label;
    }

    /// <summary>Index of the choice an answer means, or -1.</summary>
    public static int Find(Collection<ChoiceDescription> choices, string answer)
    {
        for (var index = 0; index < choices.Count; index++)
        {
            if (answer.Equals(Of(choices[index]), StringComparison.OrdinalIgnoreCase)
                || answer.Equals(choices[index].Label.Replace("&", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase))
            {
                return index;
            }
        }

        return -1;
    }
}
