using System.Text;
using System.Text.Json;
using Runctl.Json;
using Runctl.Runs;

namespace Runctl.Guarding;

/// <summary>A call of the guard as a script for <c>sh</c>. The script is fixed; what varies in it is a hash and base64, so nothing can be quoted wrongly.</summary>
internal sealed record GuardCommand(IReadOnlyList<string> Arguments, JsonElement? Input = null)
{
    private static readonly Lazy<string> Fetch = new(() =>
    {
        using var stream = typeof(GuardCommand).Assembly.GetManifestResourceStream("fetch.py")!;
        using var buffer = new MemoryStream();
        stream.CopyTo(buffer);
        return Encoding.UTF8.GetString(GuardSource.Strip(buffer.ToArray())).TrimEnd('\n');
    });

    /// <summary>Exit code that says that the guard program has to be brought first.</summary>
    public const int MissingExitCode = 79;

    /// <summary>Whether a training is to be saved by it.</summary>
    public bool IsUrgent => Arguments[0] is "interrupt" or "repair" or "stop";

    /// <summary>The script that calls a guard which is there, or says that it is not.</summary>
    public string Script(GuardProgram program) => Locate(program) + Call;

    /// <summary>The script that brings the program and calls it.</summary>
    public string DeliveringScript(GuardProgram program, FileParcel parcel) => parcel.Script + Locate(program) + Call;

    /// <summary>The script that has the instance fetch the program from the bucket by its role, and calls it, or says that it is not there.</summary>
    /// <param name="program">The program.</param>
    /// <param name="store">The store whose orders have it.</param>
    /// <param name="region">The region of the bucket.</param>
    public string FetchingScript(GuardProgram program, RunStore store, string region)
    {
        var from = Convert.ToBase64String(RunctlJson.WriteUtf8<string[]>([store.Bucket, store.Keys.Guard(program.ArchiveSha256), region, program.ArchiveSha256]));
        return $$$"""
            program="${RUNCTL_ROOT:-}{{{program.Path}}}"
            if [ ! -s "$program" ] && command -v python3 >/dev/null 2>&1; then
              python3 -IBS - '{{{from}}}' "$program" <<'RUNCTL_END' || :
            {{{Fetch.Value}}}
            RUNCTL_END
            fi

            """ + Script(program);
    }

    private string Envelope => Convert.ToBase64String(Encoding.UTF8.GetBytes(RunctlJson.Write(new { Argv = Arguments, Stdin = Input })));

    private string Call => $$$"""
        if ! command -v python3 >/dev/null 2>&1; then
          printf '%s\n' '{"schema":1,"error":{"id":"PythonMissing","message":"There is no python3 on the instance; the guard needs Python 3.8 or later."}}'
          exit 78
        fi
        exec python3 -IBS "$program" '@{{{Envelope}}}'

        """;

    private static string Locate(GuardProgram program) => $$$"""
        program="${RUNCTL_ROOT:-}{{{program.Path}}}"
        if [ ! -s "$program" ]; then
          printf '%s\n' '{"schema":1,"error":{"id":"GuardMissing"}}'
          exit {{{MissingExitCode}}}
        fi

        """;
}
