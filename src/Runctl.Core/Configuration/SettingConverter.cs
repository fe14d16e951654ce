using System.Collections;
using System.Globalization;
using Runctl.Events;
using Runctl.Resuming;

namespace Runctl.Configuration;

/// <summary>Makes values from the file, variables and parameters into what the settings hold.</summary>
internal static class SettingConverter
{
    /// <summary>What a value of a kind looks like, for errors.</summary>
    public static string Expected(Setting setting) => setting.Kind switch
    {
        SettingKind.Address => "an address without a user's name, such as \"http://127.0.0.1:4566\"",
        SettingKind.WholeNumber => $"a whole number from {setting.Minimum}",
        SettingKind.Amount => "a positive number of US dollars such as 0.35",
        SettingKind.Switch => "true or false",
        SettingKind.Duration => "a duration such as \"30s\" or \"2m\", or a number of seconds",
        SettingKind.Texts => "a list of texts such as [\"a\", \"b\"]",
        SettingKind.Glob => "a glob on paths below the checkpoint directory, such as \"*/last.ckpt\"",
        SettingKind.Globs => "a list of globs on paths below the checkpoint directory, such as [\"*.pt\", \"exp*/config.yaml\"]",
        SettingKind.Bytes => "a whole number of bytes from 0, or a size such as \"200 GB\" or \"64 GiB\"",
        SettingKind.TextTable => "a table of texts",
        SettingKind.AmountTable => "a table of US dollars an hour by instance type, such as \"g5.xlarge\" = 1.006",
        SettingKind.StopSignal => "\"TERM\", \"INT\", \"USR1\" or \"USR2\"",
        SettingKind.SignalTo => "\"trainers\" or \"launcher\"",
        SettingKind.OnExit => "\"keep\" or \"terminate\"",
        SettingKind.StoppedInstance => "\"replace\" or \"wait\"",
        SettingKind.EventKinds => $"a list of kinds of events ({string.Join(", ", EventKinds.All)})",
        SettingKind.S3Encryption => "\"AES256\", \"aws:kms\" or \"aws:kms:dsse\"",
        SettingKind.KmsKey => "the id or the ARN of a KMS key, such as \"1234abcd-12ab-34cd-56ef-1234567890ab\"",
        _ => "a text in quotes",
    };

    /// <summary>A value that is refused, for messages. What stands before an @ in an address may be a password.</summary>
    public static string? Shown(Setting setting, object value)
    {
        var text = value is Uri uri ? uri.OriginalString : value.ToString();
        return setting.Kind == SettingKind.Address && text?.Contains('@', StringComparison.Ordinal) == true ? "****" + text[text.LastIndexOf('@')..] : text;
    }

    /// <summary>Converts; null where the value has another form.</summary>
    /// <param name="setting">The setting.</param>
    /// <param name="value">The value as it was given.</param>
    /// <param name="isText">Whether numbers and lists are written as text too (variables and parameters).</param>
    public static object? Convert(Setting setting, object value, bool isText) => setting.Kind switch
    {
        SettingKind.Text or SettingKind.Bucket => value is string s && s.Trim().Length > 0 ? s : null,
        SettingKind.Address => Address(value as Uri ?? (value is string s && Uri.TryCreate(s, UriKind.Absolute, out var uri) ? uri : null)),
        SettingKind.WholeNumber => Number(value, isText) is { } n && n == decimal.Truncate(n) && n >= setting.Minimum && n <= int.MaxValue ? (int)n : null,
        SettingKind.Amount => Number(value, isText) is { } amount && amount > 0 ? amount : null,
        SettingKind.Switch => Switch(value, isText),
        SettingKind.Duration => value is TimeSpan span ? Positive(span) : value is string d ? Duration(d) : Number(value, isText) is { } seconds ? Seconds(seconds) : null,
        SettingKind.Texts => Texts(value, isText),
        SettingKind.Glob => value is string glob && IsGlob(glob) ? glob : null,
        SettingKind.Globs => Texts(value, isText) is { } globs && globs.TrueForAll(IsGlob) ? globs : null,
        SettingKind.Bytes => value is string size ? Bytes(size) : Whole(Number(value, isText)),
        SettingKind.TextTable => Table(value, v => v is string s ? s : null),
        SettingKind.AmountTable => Table(value, v => Number(v, isText) is { } n && n > 0 ? n : (decimal?)null),
        SettingKind.StoppedInstance => value is RunctlStoppedInstance ? value : value switch { "replace" => RunctlStoppedInstance.Replace, "wait" => RunctlStoppedInstance.Wait, _ => null },
        SettingKind.StopSignal => value is string name ? StopSignal(name.Trim().ToUpperInvariant()) : null,
        SettingKind.SignalTo => value is "trainers" or "launcher" ? value : null,
        SettingKind.OnExit => value is "keep" or "terminate" ? value : null,
        SettingKind.S3Encryption => value is "AES256" or "aws:kms" or "aws:kms:dsse" ? value : null,
        SettingKind.KmsKey => value is string key && key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is ':' or '/' or '_' or '-') ? key : null,
        SettingKind.EventKinds => Texts(value, isText) is { } kinds && kinds.TrueForAll(EventKinds.All.Contains) ? kinds : null,
        _ => null,
    };

    /// <summary>Reads <c>30s</c>, <c>2m</c>, <c>1h</c>, <c>500ms</c> or a number of seconds; null for anything else.</summary>
    public static TimeSpan? Duration(string text)
    {
        text = text.Trim();
        var unit = new string([.. text.SkipWhile(c => char.IsAsciiDigit(c) || c == '.')]);
        var seconds = unit.Trim() switch { "ms" => 0.001m, "" or "s" => 1m, "m" => 60m, "h" => 3600m, _ => 0m };
        return seconds != 0 && decimal.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? Seconds(number * seconds) : null;
    }

    /// <summary>Reads <c>200 GB</c>, <c>64GiB</c>, <c>1.5 TB</c> or a number of bytes; null for anything else. GB is a thousand million bytes, GiB is 2^30.</summary>
    public static long? Bytes(string text)
    {
        text = text.Trim();
        var number = new string([.. text.TakeWhile(c => char.IsAsciiDigit(c) || c == '.')]);
        var unit = text[number.Length..].Trim().ToUpperInvariant();
        var power = unit.Length == 0 || unit == "B" ? 0 : 1 + "KMGTP".IndexOf(unit[0], StringComparison.Ordinal);
        var isBinary = unit.EndsWith("IB", StringComparison.Ordinal);
        if ((power == 0 && unit is not ("" or "B")) || (power > 0 && unit.Length != (isBinary ? 3 : 2)) || (power > 0 && unit[^1] != 'B') || !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount) || amount > 1_000_000_000_000_000_000)
        {
            return null;
        }

        for (var i = 0; i < power; i++)
        {
            amount *= isBinary ? 1024 : 1000;
        }

        return Whole(amount);
    }

    private static long? Whole(decimal? bytes) => bytes is >= 0 and <= long.MaxValue && bytes == decimal.Truncate(bytes.Value) ? (long)bytes : null;

    private static bool IsGlob(string text) =>
        text.Trim().Length > 0 && text[0] != '/' && !text.Contains('\0', StringComparison.Ordinal) && !Array.Exists(text.Split('/'), part => part is "" or "." or "..");

    // A password in an address would be in messages and logs.
    private static Uri? Address(Uri? uri) => uri is { IsAbsoluteUri: true, Scheme: "http" or "https", UserInfo: "" } ? uri : null;

    private static string? StopSignal(string name)
    {
        var bare = name.StartsWith("SIG", StringComparison.Ordinal) ? name[3..] : name;
        return bare is "TERM" or "INT" or "USR1" or "USR2" ? bare : null;
    }

    private static TimeSpan? Seconds(decimal seconds) => seconds is > 0 and < 1_000_000_000 ? TimeSpan.FromTicks((long)decimal.Round(seconds * TimeSpan.TicksPerSecond)) : null;

    private static TimeSpan? Positive(TimeSpan span) => span > TimeSpan.Zero ? span : null;

    private static decimal? Number(object value, bool isText) => value switch
    {
        int or long or decimal => System.Convert.ToDecimal(value, CultureInfo.InvariantCulture),
        double d when double.IsFinite(d) && Math.Abs(d) < 1e15 => (decimal)d,
        string s when isText && decimal.TryParse(s, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) => n,
        _ => null,
    };

    private static object? Switch(object value, bool isText) => value switch
    {
        bool => value,
        string s when isText => s.Trim().ToUpperInvariant() switch { "1" or "TRUE" or "YES" or "ON" => true, "0" or "FALSE" or "NO" or "OFF" => false, _ => null },
        _ => null,
    };

    private static List<string>? Texts(object value, bool isText)
    {
        if (value is string text)
        {
            return isText ? [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)] : null;
        }

        var items = value is IEnumerable list and not IDictionary ? list.Cast<object>().Select(i => i is TomlValue v ? v.Value : i).ToList() : null;
        return items is not null && items.TrueForAll(i => i is string) ? [.. items.Cast<string>()] : null;
    }

    private static Dictionary<string, T>? Table<T>(object value, Func<object, T?> convert)
        where T : class => Entries(value) is { } entries && entries.TrueForAll(e => convert(e.Value) is not null)
            ? entries.ToDictionary(e => e.Key, e => convert(e.Value)!, StringComparer.Ordinal) : null;

    private static Dictionary<string, decimal>? Table(object value, Func<object, decimal?> convert) => Entries(value) is { } entries && entries.TrueForAll(e => convert(e.Value) is not null)
        ? entries.ToDictionary(e => e.Key, e => convert(e.Value)!.Value, StringComparer.Ordinal) : null;

    private static List<KeyValuePair<string, object>>? Entries(object value) => value switch
    {
        TomlTable table => [.. table.Entries.Select(e => KeyValuePair.Create(e.Key, e.Value.Value))],
        IDictionary map => [.. map.Cast<DictionaryEntry>().Select(e => KeyValuePair.Create((string)e.Key, e.Value!))],
        IReadOnlyDictionary<string, string> map => [.. map.Select(e => KeyValuePair.Create(e.Key, (object)e.Value))],
        _ => null,
    };
}
