"""Which processes of a run train. Facts decide, not names: writing weight files, holding an accelerator, working."""
import signal
from typing import Dict, List, NamedTuple

from .facts import Fact, Facts, Key, above, launcher_of

# Less processor time than this does not count as work.
LEAST_CPU_SECONDS = 1.0


class Trainers(NamedTuple):
    """Why each of them counts as a trainer. `seen`: by what it did to files. `sure`: by that, or by the work it does."""
    reasons: Dict[Key, str]
    seen: bool
    sure: bool = False


def trainers(facts: Facts, number: int = signal.SIGTERM) -> Trainers:
    """`number`: the stop signal."""
    writers = [fact for fact in facts.values() if fact.saves and not fact.shell]
    # A filter such as `tee -a` may hold the progress file open for the process before it.
    reporters = [fact for fact in facts.values() if fact.reports and not fact.shell and not fact.piped]
    for found, reason in ((writers, "writes weight files"), (reporters, "reports steps")):
        if found:
            return Trainers(_with_ranks(facts, {_master(facts, fact, number).key: reason for fact in found}), True, True)
    working = _by_work(facts)
    # Without any sign the first programs below the shells are taken.
    first = {} if working else _first(facts)
    return Trainers(_with_ranks(facts, working or first), False, bool(working))


def _master(facts: Facts, writer: Fact, number: int) -> Fact:
    """A process that trains may save through a helper it has started: then the helper is not the trainer."""
    for fact in above(facts, writer):
        if fact.shell:
            break
        # A launcher may be busy too: below it, a program of its own that handles the signal decides for itself.
        own = _handles(writer, number) and (fact.argv != writer.argv or not _handles(fact, number))
        works = fact.lately >= LEAST_CPU_SECONDS and fact.lately >= writer.lately / 2 and not own
        # Forked from one that handles the signal, without doing so itself.
        forked = fact.argv == writer.argv and _handles(fact, number) and not _handles(writer, number)
        if works or forked or fact.accelerator and (not writer.accelerator or fact.same_command(writer)):
            return _master(facts, fact, number)
    return writer


def _handles(fact: Fact, number: int) -> bool:
    """On purpose: Python handles SIGINT everywhere, and some runtimes nearly all."""
    return number != signal.SIGINT and fact.handles(number) and not fact.catches_nearly_all


def _by_work(facts: Facts) -> Dict[Key, str]:
    programs = [fact for fact in facts.values() if not fact.shell]
    holders = [fact for fact in programs if fact.accelerator]
    if holders:
        return {fact.key: "holds an accelerator" for fact in _topmost(facts, holders)}
    for cpu in ("lately", "minute"):
        most = max((getattr(fact, cpu) for fact in programs), default=0.0)
        if most >= LEAST_CPU_SECONDS:
            busy = [fact for fact in programs if getattr(fact, cpu) >= most / 2]
            # A worker may need more than the process it works for.
            fair = [fact for fact in programs if getattr(fact, cpu) >= max(most / 10, LEAST_CPU_SECONDS / 10)]
            return {_highest(facts, fact, fair).key: "used most of the processor time" for fact in busy}
    return {}


def _first(facts: Facts) -> Dict[Key, str]:
    programs = [fact for fact in facts.values() if not fact.shell]
    found = _topmost(facts, [fact for fact in programs if not fact.piped] or programs or list(facts.values()))
    return {fact.key: "is the first program of the run" for fact in found}


def _topmost(facts: Facts, some: List[Fact]) -> List[Fact]:
    pids = {fact.pid for fact in some}
    return [fact for fact in some if not any(one.pid in pids for one in above(facts, fact))]


def _highest(facts: Facts, fact: Fact, some: List[Fact]) -> Fact:
    pids = {one.pid for one in some}
    return [fact, *(one for one in above(facts, fact) if one.pid in pids)][-1]


def _with_ranks(facts: Facts, reasons: Dict[Key, str]) -> Dict[Key, str]:
    """What has the same command below the same launcher trains too, in a shell of its own as well. Workers below a trainer do
    not."""
    known = dict(reasons)
    for fact in facts.values():
        if fact.key in known or fact.shell:
            continue
        for other in facts.values():
            if other.key in reasons and launcher_of(facts, other) == launcher_of(facts, fact) and other.same_command(fact):
                known[fact.key] = "is a rank beside process %d" % other.pid
                break
    return known
