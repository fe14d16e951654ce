using System.Text;

namespace Runctl.HelpWriter;

/// <summary>Writes help as a page of the documentation.</summary>
internal static class MarkdownPage
{
    /// <summary>The page of a cmdlet.</summary>
    public static string Write(CmdletHelp help) => string.Join("\n\n", (string[])[
        $"# {help.Cmdlet.Name}", Escape(help.Synopsis),
        "## Syntax", Block("powershell", string.Join("\n\n", help.Cmdlet.ParameterSets.Select(set => $"{help.Cmdlet.Name} {set}"))),
        "## Description", .. help.Description.Select(Escape),
        "## Examples", .. help.Examples.SelectMany(WriteExample),
        "## Parameters", .. help.Parameters.Select(WriteParameter),
        "## Inputs", WriteTypes(help.Inputs),
        "## Outputs", WriteTypes(help.Outputs),
        "## Related links", string.Join("\n", help.Links.Where(link => link.Address is null).Select(WriteLink))]) + "\n";

    /// <summary>The list of all pages.</summary>
    public static string WriteIndex(IEnumerable<CmdletHelp> cmdlets) =>
        "# Cmdlets\n\nThe build writes these pages from the code, as it writes the help of `Get-Help`.\n\n| cmdlet | does |\n|---|---|\n"
        + string.Concat(cmdlets.Select(help => $"| [{help.Cmdlet.Name}]({help.Cmdlet.Name}.md) | {Escape(help.Synopsis)} |\n"));

    private static IEnumerable<string> WriteExample(ExampleHelp example)
    {
        yield return Escape(example.About);
        yield return Block("powershell", example.Code);
        if (example.Screen is { } screen)
        {
            yield return Block("text", screen);
        }
    }

    private static string WriteParameter(ParameterHelp parameter)
    {
        (string Name, string? Value)[] rows =
        [
            ("Type", parameter.Type), ("Required", parameter.IsMandatory ? "yes" : "no"), ("Position", parameter.Position), ("Default", parameter.Default ?? "none"),
            ("Pipeline input", parameter.PipelineInput), ("Accepted values", parameter.Accepted), ("Wildcards", parameter.TakesWildcards ? "yes" : null),
            ("Aliases", parameter.Aliases.Count > 0 ? string.Join(", ", parameter.Aliases) : null),
        ];
        var table = string.Join("\n", rows.Where(row => row.Value is not null).Select(row => $"| {row.Name} | {Escape(row.Value!)} |"));
        return $"### -{parameter.Name}\n\n{Escape(parameter.Description)}\n\n| | |\n|---|---|\n{table}";
    }

    private static string Block(string language, string text) => $"```{language}\n{text}\n```";

    private static string WriteTypes(IEnumerable<TypeHelp> types) =>
        string.Join("\n", types.Select(type => type.About.Length == 0 ? $"* `{type.Name}`" : $"* `{type.Name}`: {Escape(type.About)}"));

    private static string WriteLink(LinkHelp link) =>
        link.Text.StartsWith("about_", StringComparison.Ordinal) ? $"* [{Escape(link.Text)}](../../module/en-US/{link.Text}.help.txt)" : $"* [{link.Text}]({link.Text}.md)";

    // What a comment says is text, not Markdown.
    private static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (var character in text)
        {
            if (character is '\\' or '`' or '*' or '_' or '<' or '>' or '[' or ']' or '|')
            {
                escaped.Append('\\');
            }

            escaped.Append(character);
        }

        return escaped.ToString();
    }
}
