namespace Runctl.Package.Tests.Support;

/// <summary>Scripts that make the module's objects by hand, which users cannot: constructors and setters are the module's own.</summary>
internal static class Records
{
    public static readonly string Instance = Of("Runctl.Instances.RunctlInstance",
        """
        InstanceId = 'i-0123456789abcdef0'; State = 'running'; IsSpot = $true; InstanceType = 'g4dn.12xlarge'; Region = 'eu-central-1'
        AvailabilityZone = 'eu-central-1a'; HourlyPrice = 0.3512; LaunchTime = ([DateTimeOffset]'2026-01-31T12:00:00Z').UtcDateTime
        Age = [TimeSpan]'1.02:30:00'; Cost = 9.3068; RunId = 'run-1'; TrainingState = 'running'
        """);

    public static string Training(Uri? endpoint = null) => Of("Runctl.Training.RunctlTraining",
        $"""
        RunId = 'digits-20260131-120000-ab12cd'; InstanceId = 'i-0123456789abcdef0'; ProjectName = 'digits'; Script = 'train.py'
        State = 'running'; Region = 'eu-central-1'; LastStep = 1200; EndpointUrl = {(endpoint is null ? "$null" : $"[uri]'{endpoint}'")}
        Checkpoint = {Of("Runctl.Checkpoints.CheckpointReference", "Name = 'epoch_10.pt'; Manifest = 's3://b/epoch_10.pt.manifest.json'")}
        """);

    public static string Event(string kind, string message) => Of("Runctl.Events.RunctlEvent",
        $"Time = ([DateTimeOffset]'2024-01-01T11:58:00Z').UtcDateTime; Kind = '{kind}'; InstanceId = 'i-123'; Message = \"{message}\"");

    private static string Of(string type, string values) =>
        $$"""
        (& {
            param([type] $type, [hashtable] $values)
            $made = [Activator]::CreateInstance($type, $true)
            foreach ($name in $values.Keys) { $type.GetProperty($name).SetValue($made, [Management.Automation.LanguagePrimitives]::ConvertTo($values[$name], $type.GetProperty($name).PropertyType)) }
            , $made
        } ([{{type}}]) @{ {{values}} })
        """;
}
