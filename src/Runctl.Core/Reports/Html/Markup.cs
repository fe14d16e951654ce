using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Runctl.Reports.Html;

/// <summary>
/// Writes HTML and SVG. What stands in a literal is markup; every value in a hole is data and escaped, for an element's text as well as for an attribute in
/// double quotes. Only a <see cref="Raw"/> goes through as it is.
/// </summary>
internal sealed class Markup
{
    private readonly StringBuilder _text = new();

    /// <summary>Writes an interpolated string.</summary>
    public Markup Add([InterpolatedStringHandlerArgument("")] Handler content)
    {
        // The handler has written already.
        _ = content;
        return this;
    }

    /// <summary>A part of a page.</summary>
    public static Raw Of(Action<Markup> write)
    {
        var markup = new Markup();
        write(markup);
        return new Raw(markup.ToString());
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    private void Escape(string text)
    {
        foreach (var c in PlainText.Of(text))
        {
            _ = c switch
            {
                '&' => _text.Append("&amp;"),
                '<' => _text.Append("&lt;"),
                '>' => _text.Append("&gt;"),
                '"' => _text.Append("&quot;"),
                '\'' => _text.Append("&#39;"),
                _ => _text.Append(c),
            };
        }
    }

    /// <summary>Writes the parts of an interpolated string.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Handler(int literalLength, int formattedCount, Markup markup)
    {
        private readonly Markup _markup = Sized(markup, literalLength + (formattedCount * 8));

        public void AppendLiteral(string literal) => _markup._text.Append(literal);

        public void AppendFormatted(Raw raw) => _markup._text.Append(raw.Text);

        public void AppendFormatted(string? text) => _markup.Escape(text ?? "");

        public void AppendFormatted(int number) => _markup._text.Append(CultureInfo.InvariantCulture, $"{number}");

        /// <summary>A position in a picture: two decimals are less than a pixel.</summary>
        public void AppendFormatted(double number) => _markup._text.Append(CultureInfo.InvariantCulture, $"{number:0.##}");

        private static Markup Sized(Markup markup, int more)
        {
            markup._text.EnsureCapacity(markup._text.Length + more);
            return markup;
        }
    }
}
