"""The checkpoint that an interruption uploads: the newest good one, on the instance's disk or in its snapshot."""
import time
from typing import NamedTuple, Optional

from ..checkpoints import discovery
from ..checkpoints.discovery import Candidate
from ..checkpoints.selection import best, of_attempt, paths_of, stopwatch, unchanged
from ..checkpoints.validation import NotUsable, Validation, validate
from ..runs.target import ProcessTarget
from ..system.clock import utc_text
from ..system.processes import open_for_writing
from . import budget
from .interruption import Interruption


class Picked(NamedTuple):
    """`source` is where it is read from: its own path, or the copy where a later save has spoilt the original."""
    candidate: Candidate
    source: str
    validation: Validation
    after_signal: bool


class Picking:
    def __init__(self, interruption: Interruption, target: ProcessTarget) -> None:
        self._interruption, self._target, self._run = interruption, target, interruption.run

    def pick(self, copied: Optional[Candidate], copy: Optional[str]) -> Optional[Picked]:
        """The newest good one, and says so. `copied` is the version that was put out of harm's way, if any."""
        started = time.monotonic()
        ordered = of_attempt(self._run)
        if discovery.step_goes_back(ordered):
            self._interruption.warn("StepWentBack", "The newest checkpoint %s has a lower step than an older one."
                           % ordered[0].name, name=ordered[0].name)
        if copied and copied.identity not in [candidate.identity for candidate in ordered]:
            ordered = sorted(ordered + [copied], key=lambda candidate: candidate.saved, reverse=True)
        sources = [candidate.path for candidate in ordered]
        for i, candidate in enumerate(ordered):
            if copy and copied and copied.identity == candidate.identity and not unchanged(self._run, candidate):
                sources[i] = copy
        found = best(self._run, zip(ordered, sources), self._validate, self._reject)
        picked = self._told(*found) if found else None
        self._interruption.phase("check", time.monotonic() - started)
        return picked

    def _reject(self, candidate: Candidate, reason: str) -> None:
        self._interruption.emit("CheckpointRejected", "Checkpoint not usable: %s: %s" % (candidate.path, reason),
                       path=candidate.path, reason=reason)

    def _told(self, candidate: Candidate, source: str, validation: Validation) -> Picked:
        signalled = self._interruption.journal.first("signal")
        after_signal = bool(signalled and candidate.saved >= signalled["at"] - 0.01)
        before = self._interruption.journal.get("picked")
        if not before or before["identity"] != candidate.identity:
            self._interruption.journal.write("picked", name=candidate.name, identity=candidate.identity)
            self._interruption.emit("CheckpointSaved", "Checkpoint saved: %s" % candidate.path, path=candidate.path,
                           name=candidate.name, step=candidate.step, size=candidate.size,
                           saved_at=utc_text(candidate.saved), saved_after_signal=after_signal, format=validation.format)
        return Picked(candidate, source, validation, after_signal)

    def _validate(self, candidate: Candidate, source: str) -> Validation:
        if source == candidate.path and open_for_writing(self._target.members(), paths_of(candidate)):
            raise NotUsable("a process is writing to it")
        needed = budget.upload_seconds(candidate.size, self._interruption.rate)
        limit = budget.check_seconds(self._interruption.left(), needed)
        validation = validate(candidate._replace(path=source), stopwatch(limit))
        if source == candidate.path and not unchanged(self._run, candidate):
            raise NotUsable("it changed while it was read")
        return validation
