namespace Runctl.Sandbox.Instances;

/// <summary>
/// Programs that stand first in an instance's PATH: what a real instance has and the host has not, and what would otherwise
/// reach the host itself.
/// </summary>
internal static class InstancePrograms
{
    private const string CloudInit =
        """
        #!/bin/sh
        finished="$RUNCTL_ROOT/var/lib/cloud/instance/boot-finished"
        case "$1" in
        status)
            if [ "$2" = --wait ]; then
                while [ ! -e "$finished" ]; do sleep 0.05; done
            fi
            if [ -e "$finished" ]; then echo "status: done"; else echo "status: running"; fi ;;
        --version) echo "/usr/bin/cloud-init 24.1-sandbox" ;;
        *) echo "cloud-init: only status is known in the sandbox" >&2; exit 2 ;;
        esac

        """;

    /// <summary>The instance's first process takes SIGTERM for an order to shut down.</summary>
    private const string Shutdown =
        """
        #!/bin/sh
        [ "$1" = -c ] && exit 0
        exec kill -TERM 1

        """;

    private const string NoShutdown =
        """
        #!/bin/sh
        echo "A sandbox instance without a PID namespace cannot be shut down from inside." >&2
        exit 1

        """;

    private const string NoSystemd =
        """
        #!/bin/sh
        echo "System has not been booted with systemd as init system (PID 1). Can't operate." >&2
        exit 1

        """;

    /// <summary>The programs by name.</summary>
    public static IEnumerable<(string Name, string Script)> For(bool namespaces)
    {
        yield return ("cloud-init", CloudInit);
        foreach (var name in (string[])["shutdown", "poweroff", "halt", "reboot"])
        {
            yield return (name, namespaces ? Shutdown : NoShutdown);
        }

        yield return ("systemctl", NoSystemd);
        yield return ("systemd-run", NoSystemd);
    }
}
