using Runctl.Configuration;
using Runctl.Errors;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace Runctl.Adapters.Toml;

/// <summary>TOML text to tables that know where each value stands.</summary>
internal static class TomlDocument
{
    /// <summary>Parses a document; the first syntax error is thrown with its place.</summary>
    public static TomlTable Parse(string text, string path)
    {
        var document = SyntaxParser.Parse(text, path, true);
        if (document.Diagnostics.FirstOrDefault(d => d.Kind == DiagnosticMessageKind.Error) is { } error)
        {
            throw RunctlErrors.ConfigurationInvalid(path, error.Span.Start.Line + 1, error.Span.Start.Column + 1, error.Message);
        }

        var root = new TomlTable();
        AddAll(root, document.KeyValues, path);
        foreach (var table in document.Tables)
        {
            var names = Names(table.Name!);
            var place = table.Span.Start;
            if (table is TableArraySyntax)
            {
                throw RunctlErrors.ConfigurationInvalid(path, place.Line + 1, place.Column + 1, "no setting takes an array of tables ([[...]]).");
            }

            AddAll(Descend(root, names, place, path), table.Items, path);
        }

        return root;
    }

    private static void AddAll(TomlTable table, SyntaxList<KeyValueSyntax> items, string path)
    {
        foreach (var item in items)
        {
            var names = Names(item.Key!);
            var place = item.Key!.Span.Start;
            var target = Descend(table, names[..^1], place, path);
            target.Entries[names[^1]] = Value(item.Value!, path);
        }
    }

    private static TomlTable Descend(TomlTable table, IEnumerable<string> names, TextPosition place, string path)
    {
        foreach (var name in names)
        {
            if (!table.Entries.TryGetValue(name, out var entry))
            {
                table.Entries[name] = entry = new TomlValue(new TomlTable(), place.Line + 1, place.Column + 1);
            }

            table = entry.Value as TomlTable ?? throw RunctlErrors.ConfigurationInvalid(path, place.Line + 1, place.Column + 1, $"'{name}' is a value already and cannot be a table.");
        }

        return table;
    }

    private static TomlValue Value(ValueSyntax syntax, string path)
    {
        var place = syntax.Span.Start;
        object value = syntax switch
        {
            StringValueSyntax s => s.Value ?? "",
            IntegerValueSyntax i => i.Value,
            FloatValueSyntax f => f.Value,
            BooleanValueSyntax b => b.Value,
            DateTimeValueSyntax d => d.Value.DateTime,
            ArraySyntax a => a.Items.Select(i => Value(i.Value!, path)).ToList(),
            InlineTableSyntax t => InlineTable(t, path),
            _ => throw RunctlErrors.ConfigurationInvalid(path, place.Line + 1, place.Column + 1, "a value of this kind is not supported."),
        };
        return new TomlValue(value, place.Line + 1, place.Column + 1);
    }

    private static TomlTable InlineTable(InlineTableSyntax syntax, string path)
    {
        var table = new TomlTable();
        foreach (var item in syntax.Items)
        {
            var names = Names(item.KeyValue!.Key!);
            Descend(table, names[..^1], item.Span.Start, path).Entries[names[^1]] = Value(item.KeyValue.Value!, path);
        }

        return table;
    }

    private static string[] Names(KeySyntax key) => [Name(key.Key!), .. key.DotKeys.Select(d => Name(d.Key!))];

    private static string Name(BareKeyOrStringValueSyntax key) => key is StringValueSyntax s ? s.Value ?? "" : ((BareKeySyntax)key).Key!.Text!;
}
