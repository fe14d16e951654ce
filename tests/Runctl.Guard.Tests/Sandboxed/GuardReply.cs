using System.Text.Json;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>What a command of the guard answered.</summary>
public sealed record GuardReply(int? ExitCode, JsonElement Value)
{
    public string ErrorId => Value.GetProperty("error").GetProperty("id").GetString()!;

    public string Text(string name) => Value.GetProperty(name).GetString()!;
}
