namespace Runctl.Reports.Html;

/// <summary>A table that becomes a list of cards on a narrow screen: the headings then stand before each value.</summary>
/// <param name="id">Unique on the page.</param>
/// <param name="headings">Headings; one that begins with # is of a column of numbers.</param>
internal sealed class Table(string id, params string[] headings)
{
    private const int LongestWord = 20;

    private readonly Markup _rows = new();

    /// <summary>Adds a row. A cell is escaped unless it is <see cref="Raw"/>.</summary>
    public void Add(params Raw[] cells)
    {
        _rows.Add($"<tr>");
        for (var i = 0; i < cells.Length; i++)
        {
            var kinds = (IsNumber(i) ? "n" : "") + (HasLongWord(cells[i].Text) ? " long" : "");
            _rows.Add($"<td{new Raw(kinds.Length > 0 ? $" class=\"{kinds.TrimStart()}\"" : "")}>{cells[i]}</td>");
        }

        _rows.Add($"</tr>");
    }

    /// <summary>The table.</summary>
    public Raw ToRaw() => Markup.Of(m =>
    {
        m.Add($"<style>@media(max-width:700px){{");
        for (var i = 0; i < headings.Length; i++)
        {
            m.Add($"#{id} td:nth-child({i + 1})::before{{content:\"{Name(i)}\"}}");
        }

        m.Add($"}}</style><table id=\"{id}\"><thead><tr>");
        for (var i = 0; i < headings.Length; i++)
        {
            m.Add($"<th scope=\"col\"{new Raw(IsNumber(i) ? " class=\"n\"" : "")}>{Name(i)}</th>");
        }

        m.Add($"</tr></thead><tbody>{new Raw(_rows.ToString())}</tbody></table>");
    });

    /// <summary>A cell of text.</summary>
    public static Raw Cell(string text) => Markup.Of(m => m.Add($"{text}"));

    /// <summary>A cell of text with a second line.</summary>
    public static Raw Cell(string text, string below) => Markup.Of(m => m.Add($"{text}<small>{below}</small>"));

    /// <summary>A cell of a name or an address as a machine writes it.</summary>
    public static Raw Code(string text) => Markup.Of(m => m.Add($"<code>{text}</code>"));

    /// <summary>A word that is wider than its column may break; all others stay whole.</summary>
    private static bool HasLongWord(string markup)
    {
        var length = 0;
        foreach (var c in markup)
        {
            length = c is ' ' or '<' or '>' ? 0 : length + 1;
            if (length > LongestWord)
            {
                return true;
            }
        }

        return false;
    }

    private bool IsNumber(int column) => headings[column].StartsWith('#');

    private string Name(int column) => headings[column].TrimStart('#');
}
