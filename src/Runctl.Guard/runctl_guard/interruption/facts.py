"""What is known of one process of a run when it is decided whether it trains, and whether it is told to stop."""
import functools
import hashlib
import re
from typing import Dict, Iterator, NamedTuple, Tuple

Key = Tuple[int, int]
# A runtime that catches this many signals does so for all of them; a handler a person wrote is for a few.
NEARLY_ALL = 10


class Fact(NamedTuple):
    """`start` is in clock ticks since boot; masks have bit N-1 for signal N; `inner` is its pid in its own namespace."""
    pid: int
    start: int
    parent: int
    argv: Tuple[str, ...] = ()
    session: int = 0
    inner: int = 0
    caught: int = 0
    ignored: int = 0
    blocked: int = 0
    # Seconds of processor time in the last minute, and in the last ten seconds.
    minute: float = 0.0
    lately: float = 0.0
    accelerator: bool = False
    # Seen to write weight files, and to live on afterwards.
    saves: bool = False
    # Has the progress file open.
    reports: bool = False
    # Checkpoint files it has open for writing now.
    writing: Tuple[str, ...] = ()
    shell: bool = False
    # Its standard input is a pipe.
    piped: bool = False

    @property
    def key(self) -> Key:
        return self.pid, self.start

    @property
    def catches_nearly_all(self) -> bool:
        return bin(self.caught & 0x7fffffff).count("1") >= NEARLY_ALL

    def handles(self, number: int) -> bool:
        """Caught, or blocked as by one that waits for it, and not ignored. PID 1 of a namespace without either never gets
        the signal, so it counts as the rest."""
        return (self.catches(number) or _has(self.blocked, number)) and not _has(self.ignored, number)

    def catches(self, number: int) -> bool:
        return _has(self.caught, number)

    def ignores(self, number: int) -> bool:
        return _has(self.ignored, number) or (self.inner == 1 and not _has(self.caught | self.blocked, number))

    def dies_of(self, number: int) -> bool:
        """It neither catches nor ignores nor blocks that signal."""
        return not _has(self.caught | self.ignored | self.blocked, number)

    @property
    def command_id(self) -> str:
        """Tells command lines apart, but for their numbers, without keeping them: arguments may hold secrets."""
        return hashlib.sha256("\0".join(_numberless(self.argv)).encode("utf-8", "surrogateescape")).hexdigest()[:16]

    def same_command(self, other: "Fact") -> bool:
        """As ranks have it: only numbers differ (--local_rank=0, pipe_handle=7)."""
        return bool(self.argv) and _numberless(self.argv) == _numberless(other.argv)


Facts = Dict[int, Fact]


def above(facts: Facts, fact: Fact) -> Iterator[Fact]:
    """Its parent, grandparent and so on, as far as they belong to the run."""
    seen = {fact.pid}
    while fact.parent in facts and fact.parent not in seen:
        fact = facts[fact.parent]
        seen.add(fact.pid)
        yield fact


def launcher_of(facts: Facts, fact: Fact) -> int:
    """The pid of the nearest process above it that is no shell; 0 if there is none in the run."""
    return next((one.pid for one in above(facts, fact) if not one.shell), 0)


def below(facts: Facts, fact: Fact) -> Iterator[Fact]:
    return (other for other in facts.values() if any(one.pid == fact.pid for one in above(facts, other)))


def _has(mask: int, number: int) -> bool:
    return bool(mask >> (number - 1) & 1)


@functools.lru_cache(maxsize=4096)
def _numberless(argv: Tuple[str, ...]) -> Tuple[str, ...]:
    return tuple(re.sub(r"\d+", "#", word) for word in argv)
