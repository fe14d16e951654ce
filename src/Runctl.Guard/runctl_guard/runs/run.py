"""One run on this instance: its directory, its spec, its state and its events. Safe for several processes at once."""
import contextlib
import os
import re
import threading
from typing import Any, Dict, Iterator, List, Optional

from ..errors import REFUSED, GuardError
from ..system import files, paths, processes, user_files
from ..system.clock import utc_text

PREPARING = ("preparing", "restoring", "setup")
ENDED = ("finished", "failed", "interrupted", "stopped")
FINAL_EVENTS = ("InterruptionHandled", "TrainingStopped", "TrainingFinished", "TrainingFailed")
# What `status` shows of state.json; the rest is for the guard alone.
SHOWN = ("run_id", "project_name", "attempt", "state", "instance_id", "pid", "started", "ended", "exit_code", "signal",
         "checkpoint", "resumed_from", "phases", "error")


class Interrupted(Exception):
    """The sequence has begun while a start was prepared: nothing is started any more."""
    pass


def is_run_id(name: str) -> bool:
    return re.match(r"^[a-z0-9][a-z0-9-]*$", name) is not None


class Run:
    def __init__(self, run_id: str) -> None:
        if not is_run_id(run_id):
            raise GuardError("BadRunId", "%r is not a run id." % run_id, REFUSED, run_id)
        self.id = run_id
        self.directory = paths.run_directory(run_id)
        self._lock = threading.Lock()
        self._last_seq: Optional[int] = None
        self._events_size = -1

    def file(self, name: str) -> str:
        return os.path.join(self.directory, name)

    def shared_file(self, name: str) -> str:
        """What the training reads or writes: in a folder that its user reaches. Its content may be anything."""
        return os.path.join(self.state.get("training_dir") or self.directory, name)

    @property
    def spec(self) -> Dict[str, Any]:
        return self._object("spec.json")

    @property
    def state(self) -> Dict[str, Any]:
        return self._object("state.json")

    def _object(self, name: str) -> Dict[str, Any]:
        value = files.read_json(self.file(name))
        return value if isinstance(value, dict) else {}

    def update(self, **changes: Any) -> Dict[str, Any]:
        with self._exclusive():
            state = self.state
            state.update(changes)
            files.write_json(self.file("state.json"), state)
            return state

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        with self._lock, files.locked(self.file("state.lock")):
            yield

    def add_phase(self, name: str, seconds: float) -> None:
        with self._exclusive():
            state = self.state
            state.setdefault("phases", []).append({"name": name, "seconds": round(seconds, 3)})
            files.write_json(self.file("state.json"), state)

    def note_checkpoint(self, newest: Dict[str, Any], saved: float) -> None:
        """The newest one that is in S3; an upload that took longer may be of an older one."""
        with self._exclusive():
            state = self.state
            if saved >= state.get("checkpoint_saved", saved):
                state.update(checkpoint=newest, checkpoint_saved=saved)
                files.write_json(self.file("state.json"), state)

    def committed(self, identity: str) -> Optional[Dict[str, Any]]:
        """What was noted when that version of a checkpoint came to S3, if it is still there."""
        for entry in reversed(files.read_lines(self.file("committed.jsonl"))):
            if entry["identity"] == identity:
                return None if entry.get("gone") else entry
        return None

    # Events

    def emit(self, kind: str, message: str, since_notice: Optional[float] = None, **data: Any) -> Dict[str, Any]:
        """Writes and syncs one event. Its number is unique in the run on this instance, over all attempts."""
        with self._exclusive():
            state = self.state
            event = {"schema": 1, "seq": self.last_seq() + 1, "time": utc_text(), "kind": kind,
                     "instance_id": state.get("instance_id"), "run_id": self.id, "attempt": state.get("attempt"),
                     "since_notice": None if since_notice is None else round(since_notice, 3),
                     "message": message, "data": data}
            files.append_line(self.file("events.jsonl"), event)
            self._last_seq, self._events_size = event["seq"], files.size(self.file("events.jsonl"))
        return event

    def warn(self, id: str, message: str, **data: Any) -> None:
        self.emit("Warning", message, id=id, **data)

    def events(self) -> List[Dict[str, Any]]:
        return files.read_lines(self.file("events.jsonl"))

    def last_seq(self) -> int:
        size = files.size(self.file("events.jsonl"))
        if self._last_seq is None or size != self._events_size:
            events = self.events()
            self._last_seq, self._events_size = events[-1]["seq"] if events else 0, size
        return self._last_seq

    def last_event(self, kinds: Any, attempt: Optional[int] = None) -> Optional[Dict[str, Any]]:
        for event in reversed(self.events()):
            if event["kind"] in kinds and attempt in (None, event["attempt"]):
                return event
        return None

    # What others wrote about the attempt

    def training(self) -> Optional[Dict[str, Any]]:
        """What the reaper wrote when it had started the training of this attempt."""
        return self._of_attempt("training.json")

    def exit(self) -> Optional[Dict[str, Any]]:
        """How the training of this attempt ended; None while it runs, or where nobody could see it."""
        return self._of_attempt("exit.json")

    def _of_attempt(self, name: str) -> Optional[Dict[str, Any]]:
        value = files.read_json(self.file(name))
        return value if value and value.get("attempt") == self.state.get("attempt") else None

    def log_size(self) -> int:
        return files.size(self.file("log"))

    def first_step(self) -> Optional[int]:
        return _step(self.shared_file("progress"), False)

    def last_step(self) -> Optional[int]:
        return _step(self.shared_file("progress"), True)

    def shown(self) -> Dict[str, Any]:
        """The state object of the wire contract."""
        state = self.state
        value = {name: state.get(name) for name in SHOWN}
        value.update(first_step=self.first_step(), last_step=self.last_step(), last_seq=self.last_seq(),
                     log_size=self.log_size(), phases=state.get("phases") or [])
        return value

    def starter_alive(self) -> bool:
        return processes.find(files.read_json(self.file("starter.json"))) is not None


def _step(path: str, last: bool) -> Optional[int]:
    """The first or last `step N` a training reported. Only the file's ends are read: it may grow for days."""
    text = user_files.read_small(path, None, 4096, -4096 if last else 0, follow=False) or b""
    # A line still being written has no end yet, and its number may lack digits.
    found = re.findall(rb"(?m)^\s*step[ \t=:]+(\d{1,15})(?!\d)[^\n]*\n", text)
    return int(found[-1 if last else 0]) if found else None
