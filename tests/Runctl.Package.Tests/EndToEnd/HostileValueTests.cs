using System.Collections;
using System.Management.Automation;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>
/// Values that a shell, a path, a pattern or JSON could misunderstand, in every parameter of every command that takes text. New parameters are found here by themselves.
/// Takes a minute: each value goes through the whole command, to an instance whose answer is that it has no Python.
/// </summary>
public sealed partial class HostileValueTests(HostileValueFixture sandbox) : IClassFixture<HostileValueFixture>
{
    private static readonly Type[] Texts = [typeof(string), typeof(string[]), typeof(Hashtable), typeof(object), typeof(Uri), typeof(Uri[])];

    /// <summary>Each with a mark that shows where it arrives.</summary>
    private static readonly string[] Values =
    [
        "zq1x'\"`$(touch pwned);touch pwned|touch pwned&&touch pwned>pwned #",
        "zq2x\ntouch pwned\r\ntouch pwned\rRUNCTL_END\ntouch pwned\n",
        "zq3x\0touch pwned",
        "-zq4x; touch pwned",
        "zq5x*?[a-z]{checkpoint}{checkpoint_dir}%s%n${IFS}\u202Edrow\u200B\u65E5\u672C\U0001F680~!\\",
        "zq6x" + new string('A', 70_000) + "$(touch pwned)",
        "zq7x\uD800",
        "../../zq8x/$(touch pwned)",
    ];

    public static TheoryData<string> Commands
    {
        get
        {
            using var session = new ModuleSession();
            return [.. session.Run("(Get-Command -Module Runctl).Name").Output.Select(item => item.ToString())];
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Every_text_arrives_as_it_is_or_is_refused_with_an_error_that_says_so(string command)
    {
        var problems = new List<string>();
        foreach (var parameter in TextsOf(command))
        {
            foreach (var value in Values)
            {
                sandbox.Set("arguments", sandbox.Arguments(command, parameter.Name, As(parameter.ParameterType, value)));
                var result = sandbox.Run($"& '{command}' @arguments");
                foreach (var error in result.Errors)
                {
                    var id = error.FullyQualifiedErrorId.Split(',')[0];
                    if (id is "Defect" or "NotImplemented" || id.EndsWith("Exception", StringComparison.Ordinal) || string.IsNullOrWhiteSpace(error.ToString()))
                    {
                        problems.Add($"-{parameter.Name} {Shown(value)}: {id}: {Shown(error.ToString())}");
                    }
                }
            }
        }

        sandbox.Run("Get-Job | Remove-Job -Force");
        problems.AddRange(await ChangedAsync());
        Assert.True(problems.Count == 0, string.Join('\n', problems));
        sandbox.AssertNothingRan();
    }

    /// <summary>The scripts are the fixed ones, and what varies in them has each value as it was given.</summary>
    private async Task<IEnumerable<string>> ChangedAsync()
    {
        var scripts = await sandbox.NewScriptsAsync();
        var texts = scripts.SelectMany(script => Envelopes().Matches(script)).SelectMany(match => TextsIn(Convert.FromBase64String(match.Groups[1].Value)));
        return scripts.Select(sandbox.Shape).Where(shape => !sandbox.Shapes.Contains(shape)).Select(shape => $"Another script was sent: {shape}")
            .Concat(texts.Where(text => Mark().IsMatch(text) && !IsNamed().IsMatch(text) && !Array.Exists(Values, value => HasWhole(text, value))).Distinct().Select(text => $"Sent changed: {Shown(text)}"));
    }

    /// <summary>PowerShell itself makes a slash of a backslash in a path, and drops the last.</summary>
    private static bool HasWhole(string text, string value) => text.Contains(value, StringComparison.Ordinal) || text.Contains(value.Replace('\\', '/').TrimEnd('/'), StringComparison.Ordinal);

    private List<ParameterMetadata> TextsOf(string command)
    {
        var info = (CmdletInfo)sandbox.Run($"Get-Command {command}").Single;
        return [.. info.Parameters.Values.Where(p => !Cmdlet.CommonParameters.Contains(p.Name) && !Cmdlet.OptionalCommonParameters.Contains(p.Name) && Texts.Contains(p.ParameterType)).OrderBy(p => p.Name, StringComparer.Ordinal)];
    }

    private static object As(Type type, string value) => type == typeof(string[]) || type == typeof(Uri[]) ? new[] { value }
        : type == typeof(Hashtable) ? new Hashtable { ["NAME"] = value, [value] = "value" } : value;

    private static string Shown(string value) => JsonSerializer.Serialize(value.Length > 300 ? value[..300] : value.Replace('\uD800', '?'));

    private static IEnumerable<string> TextsIn(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. Walk(document.RootElement)];

        static IEnumerable<string> Walk(JsonElement element) => element.ValueKind switch
        {
            JsonValueKind.String => [element.GetString()!],
            JsonValueKind.Array => element.EnumerateArray().SelectMany(Walk),
            JsonValueKind.Object => element.EnumerateObject().SelectMany(property => Walk(property.Value).Prepend(property.Name)),
            _ => [],
        };
    }

    [GeneratedRegex("'@([A-Za-z0-9+/=]+)'")]
    private static partial Regex Envelopes();

    /// <summary>The name of a project and the id of its run, which hold nothing else.</summary>
    [GeneratedRegex("^[a-z0-9-]+$")]
    private static partial Regex IsNamed();

    [GeneratedRegex("zq[0-9]x")]
    private static partial Regex Mark();
}
