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

    /// <summary>The oldest systemd whose units the guard can use: <c>systemd-run --collect</c> is of 236, <c>OOMPolicy=</c> of 243.</summary>
    private const int OldestSystemd = 243;

    /// <summary>Whether a training is to be saved by it.</summary>
    public bool IsUrgent => Arguments[0] is "interrupt" or "repair" or "stop";

    /// <summary>The script that calls a guard which is there, or says that it is not.</summary>
    public string Script(GuardProgram program) => Locate(program) + Call;

    /// <summary>The script that brings the program and calls it.</summary>
    public string DeliveringScript(GuardProgram program, ChunkedFile parcel) => parcel.Script + Locate(program) + Call;

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
        exec python3 -IBS "$program" '@{{{Envelope}}}'

        """;

    // Versions are looked at once for each program: before it is sent.
    private static string Locate(GuardProgram program) => $$$"""
        refuse() { printf '{"schema":1,"error":{"id":"%s","message":"%s"}}\n' "$1" "$2"; exit 78; }
        command -v python3 >/dev/null 2>&1 || refuse PythonMissing 'There is no python3 on the instance; the guard needs Python 3.8 or later.'
        program="${RUNCTL_ROOT:-}{{{program.Path}}}"
        if [ ! -s "$program" ]; then
          python=$(python3 -IS -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null)
          case "$python" in
            3.[89].*|3.[1-9][0-9]*.*|[4-9].*) ;;
            [0-9]*) refuse PythonTooOld "python3 on the instance is Python $python; the guard needs Python 3.8 or later." ;;
            *) refuse PythonMissing 'python3 on the instance does not start; the guard needs Python 3.8 or later.' ;;
          esac
          if [ -d "${RUNCTL_ROOT:-}/run/systemd/system" ]; then
            systemd=$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9][0-9]*\).*/\1/p')
            [ "${systemd:-{{{OldestSystemd}}}}" -ge {{{OldestSystemd}}} ] || refuse SystemdTooOld "systemd on the instance is version $systemd; the guard needs systemd {{{OldestSystemd}}} or later."
          fi
          printf '%s\n' '{"schema":1,"error":{"id":"GuardMissing"}}'
          exit {{{MissingExitCode}}}
        fi

        """;
}
