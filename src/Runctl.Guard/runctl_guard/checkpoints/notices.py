"""What users are told of their checkpoints while the training runs: the layout once, and each cause for worry once."""
import os
import re
from typing import Any, Dict, List, Set

from ..runs.run import Run
from ..system import files
from .choice import Refused
from .history import Save
from .kinds import WEIGHT_KINDS
from .names import pattern_of
from .scan import OLD_BEHIND_LINK
from .selection import PASSING
from .sets import CURRENT, SAVE, CheckpointSet, build
from .uploads import Uploads

# What users write may take so long until it can be kept.
KEEP_SECONDS = 60.0
# No save for so many times the usual interval.
LATE_INTERVALS, LEAST_SAVES = 3.0, 3
# Saves in a row that ended while an earlier one was on its way.
MOST_BEHIND = 3
MOST_NAMES = 20
# A link that leads to nothing for a moment is none to tell of.
STAYS_SECONDS = 10.0
MOST_UNKEPT = 20
UNKEPT = "unkept "
# What a training may keep open from its first save to its last.
HELD_KINDS = WEIGHT_KINDS | {"binary", "database"}


class Notices:
    """Each is told once an attempt, also by a restarted guard: what was told is written down."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._behind: Set[int] = set()
        self._overwritten = 0
        self._attempt: Any = None
        self._told: Set[str] = set()
        # Since when something cannot be kept.
        self._unkept_since: Dict[str, float] = {}

    def look(self, uploads: Uploads) -> None:
        self._load()
        watch = uploads.checkpoints.watch
        self._layout(uploads)
        with watch.lock:
            seen, now = watch.seen, watch.seen.time
            if seen.saves:
                self._late(seen.ends, now)
            else:
                self._nothing_kept(uploads, now)
                self._held_open(uploads, now)
            self._unkept(uploads, now)

    def look_last(self, uploads: Uploads) -> None:
        """At the end nothing more is waited for."""
        watch = uploads.checkpoints.watch
        with watch.lock:
            self._unkept(uploads, float("inf"))

    def _once(self, cause: str) -> bool:
        """True the first time for this attempt."""
        self._load()
        if cause in self._told:
            return False
        self._told.add(cause)
        files.write_json(self._run.file("told.json"), {"schema": 1, "attempt": self._attempt, "causes": sorted(self._told)})
        return True

    def _load(self) -> None:
        attempt = self._run.state.get("attempt")
        if attempt != self._attempt:
            kept = files.read_json(self._run.file("told.json")) or {}
            self._attempt = attempt
            self._told = set(kept.get("causes") or ()) if kept.get("attempt") == attempt else set()

    # After the first save, and again if another kind of file becomes the head

    def _layout(self, uploads: Uploads) -> None:
        watch = uploads.checkpoints.watch
        cause = "layout %s" % (watch.seen.head["pattern"] if watch.seen.head else "")
        if cause in self._told or not watch.seen.saves:
            return
        checkpoint = uploads.checkpoints.with_texts(uploads.store, lambda read: build(watch.seen, watch.seen.saves[-1], read))
        if checkpoint is None or not self._once(cause):
            return
        with watch.lock:
            left_out = watch.left_out()
        kept, beside = _patterns(checkpoint, SAVE), _patterns(checkpoint, CURRENT)
        unkept = self._unkept_now(uploads)
        for path, reason in unkept.items():
            self._once(_unkept_cause(path, reason))
        text = "Checkpoint layout: a save writes %s; {checkpoint} is %s" % (_list(kept), checkpoint.head)
        if beside:
            text += "; %s goes along" % _list(beside)
        if left_out:
            text += "; not kept: %s" % _list(["%s (%s)" % (path, unkept[path]) if path in unkept else path
                                              for path in sorted(left_out, key=lambda path: (path not in unkept, path))])
        self._run.emit("CheckpointLayout", text, head=checkpoint.head, save=kept, current=beside,
                       left_out=[{"path": path, "reason": left_out[path]} for path in sorted(left_out)[:MOST_NAMES]],
                       size=checkpoint.size(), directory=watch.directory)

    # Causes for worry

    def _nothing_kept(self, uploads: Uploads, now: float) -> None:
        """Files appear, and none of them can be part of a checkpoint."""
        watch = uploads.checkpoints.watch
        fresh = [path for path, record in watch.seen.files.items() if record.origin == "new" and record.type == "file"]
        heavy = [path for path in fresh if watch.seen.files[path].kind in WEIGHT_KINDS] or (
            [] if any(watch.seen.belongs(path) for path in fresh) else fresh)
        if not heavy or any(watch.seen.belongs(path) for path in heavy):
            return
        if now - min(watch.seen.files[path].began for path in heavy) < KEEP_SECONDS - 5 or not self._once("nothing kept"):
            return
        self._run.warn("NothingKept", "Files appear in %s, but none of them can be kept as a checkpoint: %s. Set [checkpoint] "
                       "include, or let the script write under a final name." % (watch.directory, _list(sorted(heavy))),
                       directory=watch.directory, paths=sorted(heavy)[:MOST_NAMES])

    def _held_open(self, uploads: Uploads, now: float) -> None:
        """What may be a checkpoint, and is never closed: it is kept at the end only."""
        seen = uploads.checkpoints.watch.seen
        held = sorted(path for path, record in seen.files.items() if record.opened is not None and record.kind in HELD_KINDS
                      and seen.counts(path) and now - record.opened >= KEEP_SECONDS and now - record.first >= STAYS_SECONDS)
        if held and self._once("held open"):
            self._run.warn("HeldOpen", "The training keeps %s open for writing, and has saved nothing else. The guard uploads it "
                           "when the training ends, not before: a machine that dies without notice leaves nothing. Close the file "
                           "after each save, or save under another name." % _list(held),
                           directory=uploads.checkpoints.watch.directory, paths=held[:MOST_NAMES])

    def _unkept_now(self, uploads: Uploads) -> Dict[str, str]:
        """What cannot be read or followed, without what is meant to be left out."""
        watch = uploads.checkpoints.watch
        return {path: reason for path, reason in watch.unkept().items() if reason != OLD_BEHIND_LINK and watch.seen.belongs(path)}

    def _unkept(self, uploads: Uploads, now: float) -> None:
        watch, found = uploads.checkpoints.watch, self._unkept_now(uploads)
        self._unkept_since = {path: self._unkept_since.get(path, watch.seen.time) for path in found}
        for path, reason in sorted(found.items()):
            if now - self._unkept_since[path] >= STAYS_SECONDS and sum(one.startswith(UNKEPT) for one in self._told) < MOST_UNKEPT \
                    and self._once(_unkept_cause(path, reason)):
                place = os.path.normpath(os.path.join(watch.directory, path))
                self._run.warn("NotKept", "%s is not kept with the checkpoints: %s." % (place, reason), path=place, reason=reason)

    def _late(self, ends: List[float], now: float) -> None:
        if len(ends) <= LEAST_SAVES:
            return
        gaps = sorted(after - before for before, after in zip(ends, ends[1:]))
        usual = gaps[len(gaps) // 2]
        if now - ends[-1] > max(LATE_INTERVALS * usual, KEEP_SECONDS) and self._once("late %d" % len(ends)):
            self._run.warn("NoSave", "The training has saved nothing for %d s; it usually saves every %d s."
                           % (now - ends[-1], usual), seconds=round(now - ends[-1]), usual=round(usual, 1))

    def refused(self, refused: Refused) -> None:
        if refused.reason in PASSING:
            self.overwritten()
        else:
            self.refuse(refused.path, refused.reason)

    def refuse(self, path: str, reason: str) -> None:
        """A save cannot be kept; the cause is what does not change from save to save."""
        cause = "refused %s %s" % (pattern_of(path), re.sub(r"\d+", "#", reason))
        if self._once(cause):
            self._run.warn("SaveRefused", "The guard does not keep the last save: %s: %s" % (path, reason),
                           path=os.path.join(self._run.state["checkpoint_dir"], path), reason=reason)

    def behind(self, save: Save, checks: bool) -> None:
        """An earlier checkpoint is still on its way to S3, or `verify_command` has not ended with it."""
        self._behind.add(save.number)
        if len(self._behind) >= MOST_BEHIND:
            self._cannot_keep_up("%s of one takes longer than the training needs for the next"
                                 % ("verify_command" if checks else "the upload"))

    def overwritten(self) -> None:
        self._overwritten += 1
        if self._overwritten >= MOST_BEHIND:
            self._cannot_keep_up("the training overwrites them while they are read")

    def _cannot_keep_up(self, reason: str) -> None:
        if self._once("behind"):
            self._run.warn("MirrorBehind", "The guard cannot upload every save to S3: %s. Save less often, or under a new name "
                           "each time." % reason, reason=reason)


def _unkept_cause(path: str, reason: str) -> str:
    return "%s%s: %s" % (UNKEPT, pattern_of(path), reason)


def _patterns(checkpoint: CheckpointSet, part: str) -> List[str]:
    return sorted({pattern_of(file.path) for file in checkpoint.part(part)})


def _list(names: List[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else "%s and %d more" % (shown, len(names) - 5)
