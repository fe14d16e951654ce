"""Calls that may never return, as on a dead file server or a FUSE file system that hangs: the caller goes on without them."""
import errno
import os
import threading
import time
from typing import Any, Callable, Dict, List, Optional, Tuple, TypeVar

# A call that takes longer than this counts as stuck. It may still return.
PATIENCE_SECONDS = 5.0
# Each later call that sticks in the same work gets half as long, so that many of them do not add up.
LEAST_SECONDS = 0.3
MOST_STUCK = 40
SECOND_LOOK_SECONDS = 0.05
# If so many calls stick on one device, the guard asks it nothing until one of them returns.
STUCK_DEVICE = 3

Result = TypeVar("Result")


class Stuck(OSError):
    """A path did not answer. The thread that asked is left behind; the path is not asked again until its call has returned."""

    def __init__(self, path: str) -> None:
        super().__init__(errno.ETIMEDOUT, "it does not answer", path)


class Calls:
    """The calls that some work makes on files, in any number of threads: each is noted while it lasts."""

    def __init__(self) -> None:
        self._under_way: Dict[int, Tuple[float, str, Optional[int]]] = {}
        self.left_behind = False

    def call(self, path: str, act: Callable[..., Result], *arguments: Any, device: Optional[int] = None,
             **named: Any) -> Result:
        """Raises Stuck at once if this path, or its device, has a stuck call."""
        if self.left_behind or _left_behind and is_stuck(path, device):
            raise Stuck(path)
        me, under_way = threading.get_ident(), self._under_way
        under_way[me] = time.monotonic(), path, device
        try:
            return act(*arguments, **named)
        finally:
            del under_way[me]

    def read(self, path: str, descriptor: int, length: int, offset: int) -> bytes:
        return self.call(path, os.pread, descriptor, length, offset)

    def longest(self) -> Tuple[float, str]:
        """How long the oldest of them has lasted, and its path."""
        now = time.monotonic()
        return max(((now - began, path) for began, path, _ in list(self._under_way.values())), default=(0.0, ""))

    def places(self) -> List[Tuple[str, Optional[int]]]:
        return [(path, device) for _, path, device in list(self._under_way.values())]


_left_behind: List[Calls] = []
_lock = threading.Lock()


def is_stuck(path: str, device: Optional[int] = None) -> bool:
    if not _left_behind:
        return False
    with _lock:
        _left_behind[:] = [calls for calls in _left_behind if calls.places()]
        places = [place for calls in _left_behind for place in calls.places()]
    return any(path == stuck for stuck, _ in places) \
        or device is not None and sum(device == other for _, other in places) >= STUCK_DEVICE


def attended(work: Callable[[Calls], Result], dispose: Callable[[Result], None] = lambda result: None,
             patience: Optional[float] = None) -> Result:
    """The result of the work, which is done in a thread. Raises Stuck if one of its calls takes too long. `dispose` gets a
    result that comes after that."""
    calls, over, lock = Calls(), threading.Event(), threading.Lock()
    results: List[Result] = []
    errors: List[BaseException] = []

    def act() -> None:
        try:
            result = work(calls)
            with lock:
                if not calls.left_behind:
                    results.append(result)
                    return
            dispose(result)
        except BaseException as error:  # The caller has to hear of it, whatever it was.
            errors.append(error)
        finally:
            over.set()
    patience = PATIENCE_SECONDS if patience is None else patience
    threading.Thread(target=act, name="attended", daemon=True).start()
    while not over.wait(max(0.01, patience - calls.longest()[0])):
        seconds, path = calls.longest()
        # Asked twice: if the machine stood still, a call that seemed long returns at once.
        if seconds >= patience and not over.wait(SECOND_LOOK_SECONDS) and calls.longest()[0] >= patience:
            with lock:
                if over.is_set() or results:
                    break
                calls.left_behind = True
            with _lock:
                _left_behind.append(calls)
            raise Stuck(path)
    if errors:
        raise errors[0]
    return results[0]


def past_stuck(work: Callable[[Calls], Result], dispose: Callable[[Result], None] = lambda result: None) -> Result:
    """The same for work that goes on without a path that is stuck: it is begun again each time one more path is."""
    patience = PATIENCE_SECONDS
    for _ in range(MOST_STUCK):
        try:
            return attended(work, dispose, patience)
        except Stuck as error:
            last, patience = error, max(LEAST_SECONDS, patience / 2)
    raise last
