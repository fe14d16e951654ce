"""Guards that are broken on purpose: each has to make seeds fail, or the oracle sees too little.

    tests/schedules/run.sh --mutant settle --seeds 30
"""
import os
from typing import Dict, List, NamedTuple


class Change(NamedTuple):
    path: str
    old: str
    new: str


MUTANTS: Dict[str, List[Change]] = {
    # 1 and 2: a save counts while it is still being written.
    "settle": [
        Change("checkpoints/observation.py", "SETTLE_SECONDS = 2.0", "SETTLE_SECONDS = 0.0"),
        Change("checkpoints/observation.py", "        return any(self._blocks(path) for path in self._open if path not in beside)",
               "        return False"),
        Change("checkpoints/completeness.py", "        if record.opened is not None:", "        if False:")],
    # 1: the last good version is not put out of harm's way.
    "copy": [Change("interruption/snapshot.py", "if self._uploads.store is None or not choose:", "if True:")],
    # 1: the last save of a training is not looked at.
    "last": [
        Change("interruption/sequence.py", "        look_last(self._uploads.checkpoints, self._interruption.journal)", "        pass"),
        Change("interruption/sequence.py", "                    watch.look()", "                    pass"),
        Change("interruption/sequence.py", "best_effort(lambda: watch.look(whole=True))", "pass")],
    # 2: nothing is read before it counts.
    "proof": [
        Change("checkpoints/opened.py", "            if weights(path) or path in cut:\n                wrong[path] = str(error)",
               "            if False:\n                pass")],
    # 3: the newest claim is not respected.
    "claim": [
        Change("runs/record.py", "            attempts = record[\"attempts\"]\n", "            return False\n")],
    # 4: a process is told twice.
    "twice": [
        Change("interruption/teller.py", "                processes.send(members[one.fact.pid], self._number(one.role))",
               "                for _ in range(2):\n"
               "                    processes.send(members[one.fact.pid], self._number(one.role))\n"
               "                    time.sleep(0.05)")],
    # 4: a guard that is started anew does not know what was done.
    "journal": [Change("runs/journal.py", "if entry.get(\"attempt\") == self._attempt]", "if False]")],
    # 4: numbers of events have gaps.
    "numbers": [
        Change("runs/run.py", "\"seq\": self.last_seq() + 1",
               "\"seq\": self.last_seq() + (2 if kind == \"InterruptionHandled\" else 1)")],
    # 5: copies stay on the disk.
    "copies": [Change("interruption/sequence.py", "self._uploads.checkpoints.copies.clean()", "pass")],
}


def change(name: str, sources: str) -> None:
    """ValueError where the text is not there any more."""
    for one in MUTANTS[name]:
        path = os.path.join(sources, "runctl_guard", one.path)
        with open(path) as file:
            text = file.read()
        if text.count(one.old) != 1:
            raise ValueError("%s: %r is there %d times in %s" % (name, one.old, text.count(one.old), one.path))
        with open(path, "w") as file:
            file.write(text.replace(one.old, one.new))
