using System.Collections;
using System.Text.RegularExpressions;
using Runctl.Configuration;
using Runctl.Resuming;

namespace Runctl.Adapters.Tests.Configuration;

public sealed partial class TemplateTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Every_setting_has_a_note() => Assert.Equal(Setting.All.Select(setting => setting.Property).Order(), SettingNote.All.Keys.Order());

    [Fact]
    public void Every_setting_is_in_the_file_with_a_comment_and_its_default()
    {
        var text = new ConfigurationTemplate().Write();
        Assert.All(Setting.All.Where(setting => setting.Key.Length > 0), setting => Assert.Matches($@"(?m)^# [A-Zk].*Default: .*\n# {setting.Key} = ", text));
        Assert.All(Setting.All.Select(setting => setting.Table).Distinct(), table => Assert.Matches($@"\n(# )?\[{table}\]\n", text));
        Assert.Contains("Default: \"30s\".\n# poll_interval = \"30s\"\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void As_it_is_the_file_changes_nothing()
    {
        var read = Read(new ConfigurationTemplate().Write());
        Assert.Empty(read.Warnings);
        Assert.All(read.Sources, source => Assert.Equal("Default", source.Value));
    }

    [Fact]
    public void Every_example_in_it_can_be_used_as_it_stands()
    {
        var read = Read(Commented().Replace(new ConfigurationTemplate().Write(), "$1"));
        Assert.Empty(read.Warnings);
        Assert.All(read.Sources.Where(source => source.Value == "Default"), source => Assert.Fail(source.Key));
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var template = new ConfigurationTemplate();
            foreach (var setting in Setting.All.Where(_ => random.Next(3) > 0))
            {
                if (setting.Kind == SettingKind.KmsKey && !template.Values.ContainsKey(nameof(RunctlConfiguration.S3Encryption)))
                {
                    continue;
                }

                template.Values[setting.Property] = Value(setting, random);
                template.Remarks[setting.Property] = Text(random);
            }

            var read = Read(template.Write());
            Assert.True(read.Warnings.All(warning => warning.Contains("looks like a secret", StringComparison.Ordinal) || warning.Contains("'patterns' in [checkpoint]", StringComparison.Ordinal)), $"seed {seed}: {string.Join(", ", read.Warnings)}");
            foreach (var setting in Setting.All)
            {
                Assert.True(template.Values.ContainsKey(setting.Property) == read.Sources[setting.Property].StartsWith("File", StringComparison.Ordinal), $"seed {seed}: {setting.Property}");
                if (template.Values.TryGetValue(setting.Property, out var written))
                {
                    Assert.Equal(Show(written), Show(typeof(RunctlConfiguration).GetProperty(setting.Property)!.GetValue(read)!));
                }
            }
        }
    }

    private RunctlConfiguration Read(string text)
    {
        _directory.Write(".runctl.toml", text);
        var nothing = new Dictionary<string, object?>();
        return new ConfigurationReader(new AdaptersRoot(), _ => null).Read(_directory.Path, new ConfigurationOverrides(nothing, nothing));
    }

    private static object Value(Setting setting, Random random) => setting.Kind switch
    {
        SettingKind.Address => new Uri($"http://127.0.0.1:{random.Next(1, 65536)}"),
        SettingKind.Bucket => $"bucket-{random.Next()}",
        SettingKind.WholeNumber => random.Next(setting.Minimum, int.MaxValue),
        SettingKind.Amount => random.Next(1, 1_000_000) / 1000m,
        SettingKind.Bytes => random.NextInt64(0, long.MaxValue),
        SettingKind.Glob => $"*{random.Next()}",
        SettingKind.Globs => Enumerable.Range(0, random.Next(1, 4)).Select(_ => $"dir*/{random.Next()}?.pt").ToList(),
        SettingKind.Switch => random.Next(2) == 0,
        SettingKind.Duration => TimeSpan.FromMilliseconds(random.Next(1, 10_000_000)),
        SettingKind.Texts => Enumerable.Range(0, random.Next(4)).Select(_ => Text(random)).ToList(),
        SettingKind.TextTable => Enumerable.Range(0, random.Next(1, 4)).ToDictionary(i => Text(random) + i, _ => Text(random)),
        SettingKind.AmountTable => Enumerable.Range(0, random.Next(1, 4)).ToDictionary(i => $"g{i}.{Text(random)}", _ => random.Next(1, 1_000_000) / 1000m),
        SettingKind.StopSignal => random.Next(2) == 0 ? "USR1" : "INT",
        SettingKind.SignalTo => random.Next(2) == 0 ? "trainers" : "launcher",
        SettingKind.S3Encryption => random.Next(2) == 0 ? "aws:kms" : "aws:kms:dsse",
        SettingKind.KmsKey => $"alias/key-{random.Next(1000)}",
        SettingKind.OnExit => random.Next(2) == 0 ? "keep" : "terminate",
        SettingKind.StoppedInstance => random.Next(2) == 0 ? RunctlStoppedInstance.Replace : RunctlStoppedInstance.Wait,
        SettingKind.EventKinds => new List<string> { "InterruptionDetected", "CheckpointSaved" },
        // What the prefixes begin or end with a slash by is taken off.
        _ => "a" + Text(random) + "z",
    };

    private static string Text(Random random)
    {
        const string Characters = "abcZ09 _-./\\\"'#=[]{}äß漢\t\n\r\u0001\u007f$`%";
        return new string([.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => Characters[random.Next(Characters.Length)])]);
    }

    private static string Show(object value) => value switch
    {
        string text => text,
        IReadOnlyDictionary<string, decimal> table => string.Join("|", table.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value:0.######}")),
        IReadOnlyDictionary<string, string> table => string.Join("|", table.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}")),
        IEnumerable list => string.Join("|", list.Cast<object>()),
        decimal amount => amount.ToString("0.######", System.Globalization.CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    [GeneratedRegex("^# ((\\w+|\"[^\"]+\") = |\\[)", RegexOptions.Multiline)]
    private static partial Regex Commented();
}
