"""Whether the machine has a way out over IPv4, by the routes of the kernel."""

_UP, _REJECT = 0x1, 0x200


def ipv6_only() -> bool:
    """True if a default route leads out over IPv6, and none over IPv4."""
    return not _default_ipv4(_read("/proc/net/route")) and _default_ipv6(_read("/proc/net/ipv6_route"))


def _default_ipv4(text: str) -> bool:
    rows = [line.split() for line in text.splitlines()[1:]]
    return any(len(row) > 7 and int(row[1], 16) == 0 and int(row[7], 16) == 0 and int(row[3], 16) & _UP for row in rows)


def _default_ipv6(text: str) -> bool:
    rows = [line.split() for line in text.splitlines()]
    return any(len(row) > 9 and int(row[0], 16) == 0 and int(row[1], 16) == 0
               and int(row[8], 16) & (_UP | _REJECT) == _UP for row in rows)


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""
