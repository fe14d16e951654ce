using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace Runctl.HelpWriter;

/// <summary>Reads what help says from the built module and its documentation comments.</summary>
/// <param name="comments">The words.</param>
/// <param name="site">Address of the repository, where the pages are.</param>
/// <param name="missing">Takes the names of what is not documented.</param>
internal sealed partial class HelpReader(DocumentationComments comments, Uri site, ICollection<string> missing)
{
    private static readonly HashSet<string> Common = [.. Cmdlet.CommonParameters];

    /// <summary>The topic that explains the cmdlets of a namespace.</summary>
    private static readonly Dictionary<string, string> Topics = new(StringComparer.Ordinal)
    {
        ["Checkpoints"] = "about_Runctl_Checkpoints",
        ["Configuration"] = "about_Runctl_Configuration",
        ["Setup"] = "about_Runctl_Configuration",
        ["Policies"] = "about_Runctl_Configuration",
        ["Drills"] = "about_Runctl_Interruptions",
        ["Events"] = "about_Runctl_Interruptions",
        ["Monitoring"] = "about_Runctl_Interruptions",
        ["Instances"] = "about_Runctl_Instances_and_Costs",
        ["Sandboxes"] = "about_Runctl_Sandbox",
    };

    /// <summary>The help of these cmdlets.</summary>
    public IReadOnlyList<CmdletHelp> Read(IReadOnlyList<CmdletInfo> cmdlets) => [.. cmdlets.Select(cmdlet => Read(cmdlet, cmdlets))];

    /// <summary>The parameters of a set that are the cmdlet's own, in the order in which people type them.</summary>
    public static IEnumerable<CommandParameterInfo> Own(CommandParameterSetInfo set) =>
        set.Parameters.Where(parameter => !Common.Contains(parameter.Name))
            .OrderBy(parameter => parameter.Position < 0 ? int.MaxValue : parameter.Position).ThenByDescending(parameter => parameter.IsMandatory);

    /// <summary>Name of a type as people write it.</summary>
    public static string ShortName(Type type)
    {
        var inner = Nullable.GetUnderlyingType(type) ?? type;
        return inner.IsArray ? ShortName(inner.GetElementType()!) + "[]" : inner.Name;
    }

    private CmdletHelp Read(CmdletInfo cmdlet, IReadOnlyList<CmdletInfo> all)
    {
        var type = cmdlet.ImplementingType;
        var instance = Activator.CreateInstance(type)!;
        var groups = cmdlet.ParameterSets.SelectMany(Own).GroupBy(parameter => parameter.Name, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal).ToList();
        var examples = comments.Examples(type).ToList();
        var remarks = comments.Remarks(type);
        return new CmdletHelp(
            cmdlet, Require(comments.Summary(type), cmdlet.Name), remarks, [.. groups.Select(group => ReadParameter(cmdlet, instance, [.. group]))],
            [.. ReadInputs(cmdlet, groups)], [.. ReadOutputs(cmdlet)], examples, [.. ReadLinks(cmdlet, all, remarks, examples)]);
    }

    private ParameterHelp ReadParameter(CmdletInfo cmdlet, object instance, IReadOnlyList<CommandParameterInfo> sets)
    {
        var (description, stated) = Describe(cmdlet, sets[0].Name);
        var first = sets.OrderBy(parameter => parameter.Position < 0).First();
        return new ParameterHelp(
            first.Name, ShortName(first.ParameterType), first.ParameterType == typeof(SwitchParameter), description,
            stated ?? Initial(cmdlet.ImplementingType, instance, first), Accepted(first), sets.All(parameter => parameter.IsMandatory),
            first.Position < 0 ? "named" : first.Position.ToString(CultureInfo.InvariantCulture), PipelineInput(sets),
            first.Attributes.Any(attribute => attribute is SupportsWildcardsAttribute), first.Aliases);
    }

    private IEnumerable<TypeHelp> ReadInputs(CmdletInfo cmdlet, IEnumerable<IGrouping<string, CommandParameterInfo>> groups)
    {
        var parameters = groups.Select(group => (group.Key, Sets: group.ToList())).ToList();
        foreach (var (name, sets) in parameters.Where(parameter => parameter.Sets.Exists(set => set.ValueFromPipeline)))
        {
            yield return new TypeHelp(ShortName(sets[0].ParameterType).TrimEnd('[', ']'), $"-{name}: {Describe(cmdlet, name).Description}");
        }

        var byName = parameters.Where(parameter => parameter.Sets.Exists(set => set.ValueFromPipelineByPropertyName)).Select(parameter => parameter.Key).ToList();
        if (byName.Count > 0)
        {
            yield return new TypeHelp("PSObject", $"Any object with a property of these names: {string.Join(", ", byName)}.");
        }

        if (!parameters.Exists(parameter => parameter.Sets.Exists(set => set.ValueFromPipeline || set.ValueFromPipelineByPropertyName)))
        {
            yield return new TypeHelp("None", "");
        }
    }

    private IEnumerable<TypeHelp> ReadOutputs(CmdletInfo cmdlet) =>
        cmdlet.OutputType.Select(output => output.Name).Distinct(StringComparer.Ordinal).Select(name => new TypeHelp(name, comments.Summary(name) ?? ""));

    private IEnumerable<LinkHelp> ReadLinks(CmdletInfo cmdlet, IReadOnlyList<CmdletInfo> all, IReadOnlyList<string> remarks, IReadOnlyList<ExampleHelp> examples)
    {
        yield return new LinkHelp("Online version", new Uri($"{site.AbsoluteUri.TrimEnd('/')}/blob/main/docs/cmdlets/{cmdlet.Name}.md"));
        var named = CmdletName().Matches(string.Join('\n', [.. remarks, .. examples.Select(example => example.Code)])).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);
        foreach (var other in all.Where(other => other.Name != cmdlet.Name && (other.Noun == cmdlet.Noun || named.Contains(other.Name))))
        {
            yield return new LinkHelp(other.Name);
        }

        yield return new LinkHelp(Topics.GetValueOrDefault(cmdlet.ImplementingType.Namespace!.Split('.')[^1], "about_Runctl_Training"));
        yield return new LinkHelp("about_Runctl");
    }

    /// <summary>What a comment says, without its sentence about the default, and that.</summary>
    private (string Description, string? Default) Describe(CmdletInfo cmdlet, string parameter)
    {
        var text = parameter switch
        {
            "WhatIf" => "Checks everything and says what would be done, without doing it.",
            "Confirm" => "Asks before anything is done.",
            _ => Require(comments.Summary(cmdlet.ImplementingType, parameter), $"{cmdlet.Name} -{parameter}"),
        };
        var found = DefaultSentence().Match(text);
        return found.Success ? (text.Remove(found.Index, found.Length).Trim(), found.Groups[1].Value) : (text, null);
    }

    /// <summary>What the property of a new cmdlet holds.</summary>
    private static string? Initial(Type type, object instance, CommandParameterInfo parameter) =>
        parameter.ParameterType == typeof(SwitchParameter) ? "False" : DocumentationComments.Property(type, parameter.Name)?.GetValue(instance) is { } value ? Write(value) : null;

    private static string? Write(object value) => value switch
    {
        TimeSpan { TotalMilliseconds: < 1000 } span => $"{span.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)}ms",
        TimeSpan span when span.TotalSeconds % 3600 == 0 => $"{(span.TotalSeconds / 3600).ToString(CultureInfo.InvariantCulture)}h",
        TimeSpan span when span.TotalSeconds % 60 == 0 => $"{(span.TotalSeconds / 60).ToString(CultureInfo.InvariantCulture)}m",
        TimeSpan span => $"{span.TotalSeconds.ToString(CultureInfo.InvariantCulture)}s",
        string text => text.Length == 0 ? null : text,
        IEnumerable list => list.Cast<object>().ToList() is { Count: > 0 } items ? string.Join(", ", items.Select(Write)) : null,
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    private static string? Accepted(CommandParameterInfo parameter)
    {
        var type = parameter.ParameterType.IsArray ? parameter.ParameterType.GetElementType()! : parameter.ParameterType;
        type = Nullable.GetUnderlyingType(type) ?? type;
        foreach (var attribute in parameter.Attributes)
        {
            switch (attribute)
            {
                case ValidateSetAttribute set:
                    return string.Join(", ", set.ValidValues);
                case ValidateRangeAttribute { MinRange: not null } range:
                    return string.Create(CultureInfo.InvariantCulture, $"{range.MinRange} to {range.MaxRange}");
                case var duration when duration.GetType().Name == "DurationAttribute":
                    return $"{duration.GetType().GetProperty("Minimum")!.GetValue(duration)} to {duration.GetType().GetProperty("Maximum")!.GetValue(duration)}";
                case var number when number.GetType().Name == "NotNegativeAttribute":
                    return "0 or more";
            }
        }

        return type.IsEnum ? string.Join(", ", Enum.GetNames(type)) : null;
    }

    private static string PipelineInput(IReadOnlyList<CommandParameterInfo> sets) => (sets.Any(set => set.ValueFromPipeline), sets.Any(set => set.ValueFromPipelineByPropertyName)) switch
    {
        (true, true) => "True (ByValue, ByPropertyName)",
        (true, false) => "True (ByValue)",
        (false, true) => "True (ByPropertyName)",
        _ => "False",
    };

    private string Require(string? text, string name)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            missing.Add(name);
        }

        return text ?? "";
    }

    // A full stop within a name such as .runctl.toml ends no sentence.
    [GeneratedRegex(@"\s*\bDefault: (.+?)\.(?=\s|$)")]
    private static partial Regex DefaultSentence();

    [GeneratedRegex(@"\b[A-Z][a-z]+-Runctl\w+")]
    private static partial Regex CmdletName();
}
