"""The parts of one file on their way: who sends which, what is done, and which take so long that they are sent twice."""
import statistics
import threading
import time
from typing import Callable, Dict, List, NamedTuple, Optional

MINIMUM_PART = 8 << 20
MOST_PARTS = 10000


class Part(NamedTuple):
    number: int
    offset: int
    length: int


def plan(size: int) -> List[Part]:
    """Parts of at least 8 MiB, and never more than S3 takes."""
    length = max(MINIMUM_PART, -(-size // MOST_PARTS))
    return [Part(index + 1, offset, min(length, size - offset)) for index, offset in enumerate(range(0, size, length))]


class Range:
    """A part of an open file as a stream; memory stays flat whatever the file's size."""

    def __init__(self, read: Callable[[int, int, int], bytes], descriptor: int, offset: int, length: int) -> None:
        self._read = read
        self._descriptor, self._position, self._end = descriptor, offset, offset + length
        self.length = length

    def read(self, count: int = -1) -> bytes:
        left = self._end - self._position
        block = self._read(self._descriptor, left if count < 0 else min(count, left), self._position)
        if left and not block:
            raise OSError("the file became shorter")
        self._position += len(block)
        return block


class PartQueue:
    """Hands parts out to workers. `done` has the ETag of every part that S3 has."""

    def __init__(self, parts: List[Part]) -> None:
        self.done: Dict[int, str] = {}
        self._count = len(parts)
        self._queue = list(reversed(parts))
        self._running: Dict[Part, float] = {}
        self._seconds: List[float] = []
        self._failure: Optional[Exception] = None
        self._condition = threading.Condition()

    def next(self) -> Optional[Part]:
        """A new part, else one that takes far longer than the others did; None when there is nothing left to send."""
        with self._condition:
            while not self._failure:
                if self._queue:
                    part = self._queue.pop()
                    self._running[part] = time.monotonic()
                    return part
                waiting = [part for part in self._running if part.number not in self.done]
                if not waiting:
                    return None
                slow = max(1.0, 3 * statistics.median(self._seconds)) if self._seconds else 10.0
                oldest = min(waiting, key=lambda part: self._running[part])
                if time.monotonic() - self._running[oldest] > slow:
                    self._running[oldest] = time.monotonic()
                    return oldest
                self._condition.wait(0.2)
            return None

    def finished(self, part: Part, etag: str, seconds: Optional[float] = None) -> None:
        """`seconds` is how long sending took; None for one that was there already."""
        with self._condition:
            self.done.setdefault(part.number, etag)
            if seconds is not None:
                self._seconds.append(seconds)
            self._condition.notify_all()

    def failed(self, part: Part, error: Exception) -> None:
        """Nothing is handed out any more, unless the part was sent by another meanwhile."""
        with self._condition:
            if part.number not in self.done:
                self._failure = self._failure or error
            self._condition.notify_all()

    def needless(self, part: Part) -> bool:
        return self._failure is not None or part.number in self.done

    def wait(self, cancelled: Callable[[], bool], given_up: Exception) -> None:
        """Until every part is done; raises what went wrong."""
        with self._condition:
            while len(self.done) < self._count and not self._failure:
                self._condition.wait(0.5)
                if cancelled():
                    self._failure = given_up
            self._queue = []
            if self._failure:
                raise self._failure
