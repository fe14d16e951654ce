#!/bin/bash
# Guard and training under a real systemd: a Debian 12 that boots in a container, with a metadata service and an S3 beside it.
#
#   sudo tests/systemd/run.sh            about two minutes, one of them to install the Debian from the mirror
#   sudo tests/systemd/run.sh DEBIAN     on a copy of such a Debian (KEEP=DEBIAN in an earlier run leaves it there);
#                                        names of checks after it run just these
#
# Needs Linux with cgroup 2, root, and: apt-get install debootstrap systemd-container iproute2 python3
# It starts and stops the container's own systemd only; the container has no network but a loopback of its own.
# Everything lies in a temporary folder and is gone at the end. Prints a line per check and fails if one failed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
packages=systemd,systemd-sysv,dbus,libpam-systemd,login,passwd,python3,iproute2,procps

[ "$(id -u)" = 0 ] || { echo "It needs root." >&2; exit 2; }
for tool in debootstrap systemd-nspawn nsenter unshare ip python3; do
    command -v $tool > /dev/null || { echo "It needs $tool; the top of $0 says what to install." >&2; exit 2; }
done
folder=$(mktemp -d "${TMPDIR:-/var/tmp}/runctl-systemd-XXXXXX")
cleanup() {
    rm -rf --one-file-system "$folder" "/run/systemd/nspawn/propagate/$(basename "$folder")"
    # What the container's manager made below the control group that this script was started in.
    local mine
    mine=$(sed -n 's/^0:://p' /proc/self/cgroup)
    find /sys/fs/cgroup{,/unified,/systemd}"$mine"/{payload,supervisor} -depth -type d -delete 2> /dev/null || true
}
trap cleanup EXIT
root=$folder/machine

if [ $# -gt 0 ]; then
    cp -a --reflink=auto "$1" "$root"
else
    echo "Installing Debian ..."
    debootstrap --variant=minbase --include=$packages bookworm "$root" > "$folder/log" || { tail "$folder/log" >&2; exit 2; }
    [ -z "${KEEP:-}" ] || cp -a "$root" "$KEEP"
fi
grep -q ^ubuntu: "$root/etc/passwd" || chroot "$root" useradd --create-home --shell /bin/bash --groups video,users ubuntu
# As Ubuntu's logins do it.
echo 'session optional pam_umask.so usergroups' >> "$root/etc/pam.d/common-session"
install -m 644 "$here/network.service" "$root/etc/systemd/system/"
chroot "$root" systemctl --quiet enable network.service

# A network of its own, and nothing that is started here outlives this script.
unshare --net --pid --fork --kill-child --mount-proc python3 -B "$here/run.py" "$root" "${@:2}"
