"""What must hold after a schedule, computed from what the training noted itself and from the history of S3; of the guard's rules only
those of CHECKPOINTS.md and docs/guarantees.md.

1. The newest save that was complete and settled before the deadline, minus the time that the link needs, is in S3, bit for bit.
2. No bad one is chosen: each manifest ever written holds whole saves only.
3. No step runs on two instances at the same time.
4. Each event once: numbers without gaps, one end for each begin, one signal for each process.
5. Nothing is left behind.
"""
import hashlib
import json
import os
import re
import base64
import zlib
from collections import Counter, defaultdict
from typing import NamedTuple

from play import BUCKET, ENDED, notes
from trainer import LAYOUTS
from schedule import CRASH, FINISH, GONE, NOTICE, WITHDRAWN

SETTLE = 2.0
# Saves that are so far apart are told apart, also by looks that are late: a look that is costly waits longer for the next.
APART = SETTLE + 2.5
# A look each second, a poll, a few requests and their processor time, on a machine that others use as well.
SLACK = 5.0
# What the stand-ins and the guard pass on together, at least, in bytes a second.
RATE = 3e6
# Between two tries of what failed, at most.
BACKOFF = 8.0
OUTAGES = ("throttle", "errors", "resets", "down", "metadata", "full")
KILLED = {"kill-guard": 6.0, "kill-keeper": 8.0, "monitor": 8.0}
# Between two files of one save, at most: what pauses for longer is documented as not survived.
PAUSE = 1.5
# From one look to the next, at most.
LOOK = 1.5
# So shortly before the deadline checksums of members may not be read any more.
HASTE = 2.0
# Layouts whose first file, which is the one that is spoiled, has a checksum for its bytes.
CHECKSUMMED = ("single", "in_place", "renamed", "pair", "pointer")


class Save:
    """One save of one attempt: `over` is when the training itself overwrote or deleted a file of it."""

    def __init__(self, attempt, number, parts):
        self.attempt, self.number, self.parts = attempt, number, parts
        self.step, self.told, self.began, self.ended, self.over = None, False, None, None, float("inf")
        self.files, self.bad, self.failed, self.gap = {}, False, False, 0.0
        # By process: when it began and ended to write each file.
        self.writes = defaultdict(list)

    @property
    def order(self):
        return self.attempt, self.number

    @property
    def good(self):
        """As it is meant: what S3 holds of it is compared by checksum."""
        return len(self.files) >= self.parts and not self.bad and not self.failed

    def is_between_files(self, at):
        """Whether one of its files was written before that time, and no look saw another one open there."""
        spans = [(span + [float("inf")])[:2] for process in self.writes.values() for span in process]
        return any(end <= at for _, end in spans) and not any(begin <= at - LOOK and end > at for begin, end in spans)

    def size(self):
        return sum(size for _, size in self.files.values())

    def __repr__(self):
        return "save %d of attempt %d" % (self.number, self.attempt)


class Truth:
    """What the trainings noted."""

    def __init__(self, play):
        self.told, self.exited = {}, set()
        self.saves, self.steps, self.signals, self.starts, self.lasts = {}, defaultdict(list), Counter(), [], {}
        # A pointer that is written last is no weight: without it a framework finds the save before, and the weights are whole.
        self.parts = sum(path != "latest" for path, _, _ in LAYOUTS[play.schedule.training.layout])
        whole = {}
        for name in sorted(os.listdir(play.journal)):
            attempt, instance = name.split(".")[:2]
            for note in notes(os.path.join(play.journal, name)):
                note.update(attempt=int(attempt), instance=instance, process=name)
                self._take(note, whole)
        ranks = play.schedule.training.workers
        for (order, ended) in whole.items():
            if len(ended) == ranks:
                self.saves[order].ended = max(ended)
        for save in self.saves.values():
            times = sorted([save.began] + save.times + ([save.ended] if save.ended else []))
            save.gap = max((after - before for before, after in zip(times, times[1:])), default=0.0)
        self._find_overwritten()

    def _take(self, note, whole):
        attempt, at, what = note["attempt"], note["t"], note["what"]
        self.lasts[attempt] = max(self.lasts.get(attempt, 0.0), at)
        if what == "step":
            self.steps[attempt, note["instance"]].append(at)
        elif what == "signal":
            self.signals[note["process"]] += 1
            self.told[attempt] = min(self.told.get(attempt, at), at)
        elif what == "exit":
            self.exited.add(attempt)
        elif what == "start":
            self.starts.append(note)
        elif what in ("over", "deleted"):
            self.gone = getattr(self, "gone", []) + [(attempt, note["path"], at)]
        elif what in ("begin", "file", "written", "end", "failed"):
            order = attempt, note["save"]
            save = self.saves.setdefault(order, Save(attempt, note["save"], self.parts))
            save.times = getattr(save, "times", []) + [at]
            save.began = min(save.began or at, at)
            if what == "file":
                save.writes[note["process"]].append([at])
            elif what == "written" and save.writes[note["process"]]:
                save.writes[note["process"]][-1].append(at)
            if what == "begin":
                save.step, save.told = note["step"], save.told or note["told"]
            elif what == "file":
                save.files[note["path"]] = note["sha"], note["size"]
                save.bad = save.bad or note["bad"]
            elif what == "failed":
                save.failed = True
            elif what == "end":
                whole.setdefault(order, []).append(at)

    def _find_overwritten(self):
        for attempt, path, at in getattr(self, "gone", []):
            for save in self.saves.values():
                if save.attempt == attempt and path in save.files and save.ended and save.ended <= at and path != "latest":
                    save.over = min(save.over, at)

    def of(self, attempt):
        return [save for order, save in sorted(self.saves.items()) if order[0] == attempt]


class Manifest(NamedTuple):
    at: float
    path: str
    body: dict
    # What its keys held when it was written, by path: SHA-256 and class.
    files: dict
    wrong: list


def manifests_of(play):
    """Every manifest ever written, with what S3 held then."""
    now, found, named, broken = {}, [], {}, []
    for at, path, data in play.store.objects.changes:
        if data is None:
            now.pop(path, None)
            continue
        if path in named and now.get(path) not in (None, data):
            broken.append("%s was written again, and %s names it" % (path, named[path]))
        now[path] = data
        if not path.endswith(".manifest.json"):
            continue
        body = json.loads(data.decode())
        files, wrong = {}, []
        for entry in body["files"]:
            if "link" in entry:
                continue
            key = "/%s/%s" % (BUCKET, entry["key"])
            held = now.get(key)
            named[key] = path
            if held is None:
                wrong.append("%s is not in S3" % entry["key"])
            elif len(held) != entry["size"] or base64.b64encode(zlib.crc32(held).to_bytes(4, "big")).decode() != entry["crc32"]:
                wrong.append("%s is not what the manifest says" % entry["key"])
            else:
                files[entry["path"]] = hashlib.sha256(held).hexdigest(), entry["class"]
        found.append(Manifest(at, path, body, files, wrong))
    return found, broken


class Oracle:
    def __init__(self, play):
        self.play, self.truth = play, Truth(play)
        self.manifests, self.violations, self.excused = [], [], set()
        self.required = 0
        self.training = play.schedule.training

    def judge(self):
        """Texts that say what was violated; empty if nothing was."""
        self.manifests, broken = manifests_of(self.play)
        self.violations += broken
        held = {}
        for manifest in self.manifests:
            save = self._held(manifest)
            if save is not None:
                held.setdefault(save.attempt, []).append((manifest.at, save))
        for played in self.play.lives:
            self._newest_is_in_s3(played, held.get(played.attempt, []))
        self._resumes(held)
        self._one_at_a_time()
        self._events()
        self._nothing_left()
        return self.violations

    def say(self, number, text):
        self.violations.append("(%d) %s" % (number, text))

    # 2

    def _held(self, manifest):
        """The newest save that it holds, all of it; says so if it holds a bad one, or a part of one."""
        for wrong in manifest.wrong:
            self.say(2, "%s: %s" % (manifest.path, wrong))
        by_file = defaultdict(list)
        for save in self.truth.saves.values():
            for path, (sha, _) in save.files.items():
                by_file[path, sha].append(save)
        touched, unknown = set(), []
        for path, (sha, part) in manifest.files.items():
            saves = by_file.get((path, sha))
            if saves:
                if part == "save":
                    touched.update(saves)
            elif path != "train.log" and part == "save":
                unknown.append(path)
        newest = max(touched, key=lambda save: save.order, default=None)
        for path in unknown:
            if newest is None or newest.gap <= PAUSE:
                self.say(2, "%s holds a %s that no save has written so" % (manifest.path, path))
        if newest is None:
            return None
        lacking = [path for path, (sha, _) in newest.files.items()
                   if path != "latest" and manifest.files.get(path, ("",))[0] != sha]
        complete = manifest.body["complete"]
        problem = "is bad" if newest.bad else "is not finished" if not newest.good else \
            "lacks %s" % lacking[0] if lacking and complete else \
            "is not that of its head %s" % manifest.body["head"] if not self._is_head(newest, manifest.body["head"]) else None
        if problem and (self._excused(newest) or newest.bad and self._in_haste(manifest)):
            self.excused.add(manifest.path)
        elif problem:
            self.say(2, "%s: %r %s" % (manifest.path, newest, problem))
        whole = not unknown and not problem and not lacking
        return newest if whole else None

    def _in_haste(self, manifest):
        """For reading files to their end there is half of what the upload leaves, and a moment at least."""
        played = next((one for one in self.play.lives if one.attempt == manifest.body["attempt"]), None)
        return played is not None and played.deadline is not None and manifest.body["reason"] == "interruption" \
            and self.training.layout in CHECKSUMMED and manifest.at > played.deadline - HASTE

    def _is_head(self, save, head):
        return any(path == head or path.startswith(head + "/") for path in save.files)

    def _excused(self, save):
        """Documented as not survived: one of the first two saves, cut off between two of its files; the signal between two files of
        the first one; a pause within a save."""
        if save.bad:
            return False
        told = self.truth.told.get(save.attempt) or next(
            (one.notice for one in self.play.lives if one.attempt == save.attempt and one.notice), float("inf"))
        between = save.number == 1 and save.began <= told + 3.0 and (save.ended or float("inf")) >= told and \
            save.is_between_files(told)
        cut_off = save.number <= 2 and not save.failed and save.parts > 1 and save.ended is None
        return cut_off or between or save.gap > PAUSE

    # 1

    def _faults(self, played, begin, end):
        return [(fault, since, until) for fault, since, until in played.faults if since <= end and until >= begin - 3.0]

    def _needs(self, played, save, begin):
        """When the save is in S3 at the latest, if its upload may begin then."""
        size, rate = save.size() + 4096, RATE
        at = begin + SLACK
        for _ in range(3):
            found = self._faults(played, begin, at)
            rate = min([RATE] + [fault.value for fault, _, _ in found if fault.kind == "slow"])
            late = sum(until - since + BACKOFF for fault, since, until in found if fault.kind in OUTAGES)
            late += sum(KILLED.get(fault.kind, 0.0) for fault, _, _ in found)
            at = begin + SLACK + 2 * size / rate + late + 2 * self.play.lag.within(begin, at)
        return at

    def _newest_is_in_s3(self, played, held):
        """`held`: when which save of the attempt was in S3, as a whole."""
        # A machine whose guard has all settled is taken before its deadline here.
        end = played.deadline if played.life.end == NOTICE else played.over
        if end is None:
            return
        required = [save for save in self.truth.of(played.attempt) if self._is_required(played, save, end)]
        if not required:
            return
        self.required += 1
        newest = max(required, key=lambda save: save.order)
        there = [save for at, save in held if at <= max(end, played.over or 0.0) and save.order >= newest.order and save.good]
        if not there:
            had = sorted({save.number for at, save in held})
            self.say(1, "%r was complete at %.1f s, and S3 has of the attempt only %s at the end of the machine (%.1f s)" % (
                newest, newest.ended - self.play.began, had, end - self.play.began))

    def _is_required(self, played, save, end):
        before = self.truth.saves.get((save.attempt, save.number - 1))
        # Saves that follow one another without a pause are one, and a bad one among them spoils it.
        burst = False
        while before is not None and not burst and (before.ended is None or save.began < before.ended + APART):
            burst = not before.good or self._excused(before)
            before = self.truth.saves.get((save.attempt, before.number - 1))
        last = self.truth.lasts[played.attempt]
        # What ended right before a kill may have been seen open.
        sudden = played.attempt not in self.truth.exited and last - save.ended < SETTLE if save.ended else True
        if not save.good or sudden or save.gap > PAUSE or burst or self._excused(save):
            return False
        following = self.truth.saves.get((save.attempt, save.number + 1))
        settled = save.ended + SETTLE
        runs_together = following is not None and following.began < save.ended + APART
        if runs_together:
            settled = float("inf")
        settings = self.play.schedule.settings
        # While it trains: the mirror brings it.
        outage = any(fault.kind in OUTAGES + ("slow",) + tuple(KILLED) for fault, since, _ in played.faults if since < settled + SLACK)
        begun = played.notice if played.notice is not None else last
        if settings.mirror and not outage and settled + 1.0 < begun:
            needed = self._needs(played, save, settled + 1.0)
            if needed <= min(end, save.over) and needed + SETTLE < begun:
                return True
        # At the notice: it is put out of harm's way, and uploaded.
        if played.notice is not None and settled + 1.5 <= played.notice and self._is_put_away(played, save):
            if self._needs(played, save, played.notice) <= end:
                return True
        # After the end of the training, whatever ended it.
        if played.life.end != GONE and save.over == float("inf") and not self._ends_badly(save):
            return self._needs(played, save, max(last, settled if settled < last else last)) <= end or \
                played.life.end in (FINISH, CRASH, WITHDRAWN) and played.settled is not None
        return False

    def _ends_badly(self, save):
        """Whether a save that follows without a pause is not good: they are one."""
        following = self.truth.saves.get((save.attempt, save.number + 1))
        while following is not None and following.began < save.ended + APART:
            if not following.good or following.ended is None:
                return True
            save, following = following, self.truth.saves.get((save.attempt, following.number + 1))
        return False

    def _is_put_away(self, played, save):
        """The guard copies it before the signal, which waits a little for that."""
        told = self.truth.told.get(played.attempt, float("inf"))
        by = min(told, played.notice + 2.0)
        disturbed = any(fault.kind in KILLED for fault, _, _ in self._faults(played, played.notice, by)) \
            or self.play.lag.within(played.notice, by + 0.2) > 0.1
        return save.over >= by and (save.over >= played.notice + 2.0 or not disturbed)

    # What was gone on from

    def _resumes(self, held):
        by_file = {}
        for save in self.truth.saves.values():
            for path, (sha, _) in save.files.items():
                by_file[path, sha] = save
        for note in self.truth.starts:
            if note["resume"] is None:
                continue
            restored = {by_file[path, sha] for path, sha in note["files"].items() if (path, sha) in by_file}
            steps = [save for save in restored if save.step == note["step"]]
            if not steps:
                self.say(2, "attempt %d resumed at step %d, and no save on its disk has that step" % (note["attempt"], note["step"]))
                continue
            save = max(steps, key=lambda save: save.order)
            lacking = [path for path, (sha, _) in save.files.items() if path != "latest" and note["files"].get(path) != sha]
            if (lacking or not save.good) and not self._excused(save) and not self._was_excused(save):
                self.say(2, "attempt %d resumed from %r, and %s" % (
                    note["attempt"], save, "%s was not restored" % lacking[0] if lacking else "it is bad"))
            newer = [other for order, some in held.items() if order < note["attempt"] for at, other in some
                     if other.good and other.order > save.order and at < note["t"] - 20]
            if newer:
                self.say(2, "attempt %d resumed from %r, and S3 had %r" % (note["attempt"], save, newer[-1]))

    def _was_excused(self, save):
        return any(manifest.path in self.excused and manifest.body["attempt"] == save.attempt for manifest in self.manifests)

    # 3

    def _one_at_a_time(self):
        spans = sorted((min(times), max(times), key) for key, times in self.truth.steps.items())
        for before, after in zip(spans, spans[1:]):
            if after[0] <= before[1]:
                self.say(3, "attempt %d on %s and attempt %d on %s ran %.2f s at the same time" % (
                    before[2] + after[2] + (min(before[1], after[1]) - after[0],)))
        for instance, answer in self.play.refused:
            if "error" not in answer:
                self.say(3, "%s took a run that another had: %s" % (instance, answer))

    # 4

    def _events(self):
        shipped = defaultdict(dict)
        for path, data in self.play.store.objects.items():
            if "/events/" not in path:
                continue
            for line in data.splitlines():
                event = json.loads(line.decode())
                if shipped[event["instance_id"]].setdefault(event["seq"], event) != event:
                    self.say(4, "two events of %s have the number %d" % (event["instance_id"], event["seq"]))
        local = {played.instance: played.events for played in self.play.lives if played.events}
        for played in self.play.lives:
            mine = shipped.get(played.instance, {})
            numbers = sorted(mine)
            if numbers != list(range(1, len(numbers) + 1)):
                self.say(4, "the events of %s in S3 have the numbers %s" % (played.instance, numbers))
            for event in local.get(played.instance, []):
                if event["seq"] in mine and mine[event["seq"]] != event:
                    self.say(4, "event %d of %s is another one in S3" % (event["seq"], played.instance))
            here = [event["seq"] for event in local.get(played.instance, [])]
            if here != list(range(1, len(here) + 1)):
                self.say(4, "the events on %s have the numbers %s" % (played.instance, here))
            if played.settled is not None and played.events and len(numbers) < len(here):
                self.say(4, "%d of %d events of %s are in S3" % (len(numbers), len(here), played.instance))
            self._kinds(played, [event for event in local.get(played.instance, []) if event["attempt"] == played.attempt])
        for process, count in self.truth.signals.items():
            if count > 1:
                self.say(4, "a process of the training got %d signals (%s)" % (count, process))

    def _kinds(self, played, events):
        kinds = Counter(event["kind"] for event in events)
        final = sum(kinds[kind] for kind in ("InterruptionHandled", "TrainingStopped", "TrainingFinished", "TrainingFailed"))
        for kind in ("TrainingStarted", "InterruptionDetected", "InterruptionTime", "InterruptionHandled", "TrainingSignalled",
                     "TrainingExited", "TrainingKilled", "CheckpointRestored", "InterruptionWithdrawn"):
            if kinds[kind] > 1:
                self.say(4, "%s came %d times in attempt %d" % (kind, kinds[kind], played.attempt))
        for head, count in Counter(re.sub(r"\d+", "#", event["data"]["head"]) for event in events if event["kind"] == "CheckpointLayout").items():
            if count > 1:
                self.say(4, "the layout with the head %s came %d times in attempt %d" % (head, count, played.attempt))
        if final > 1 or events and played.settled is not None and final != 1:
            self.say(4, "attempt %d has %d ends" % (played.attempt, final))
        if played.settled is not None and kinds["InterruptionDetected"] != kinds["InterruptionHandled"]:
            self.say(4, "attempt %d: %d interruptions detected, %d handled" % (
                played.attempt, kinds["InterruptionDetected"], kinds["InterruptionHandled"]))
        uploaded = Counter((event["data"]["manifest"], event["data"]["reason"]) for event in events
                           if event["kind"] == "CheckpointUploaded")
        for (manifest, _), count in uploaded.items():
            if count > 1:
                self.say(4, "%s was told %d times" % (manifest, count))

    # 5

    def _nothing_left(self):
        for played in self.play.lives:
            for one in played.left:
                self.say(5, "left on %s: %s" % (played.instance, one))
        troubled = any(played.faults or played.settled is None for played in self.play.lives)
        if self.play.store.uploads and not troubled:
            self.say(5, "%d multipart uploads are not finished" % len(self.play.store.uploads))
        record = self.play._record()
        for entry in record["attempts"]:
            played = next((one for one in self.play.lives if one.attempt == entry["number"]), None)
            if played is not None and played.settled is not None and entry["state"] not in ENDED:
                self.say(5, "the record calls attempt %d %s" % (entry["number"], entry["state"]))
