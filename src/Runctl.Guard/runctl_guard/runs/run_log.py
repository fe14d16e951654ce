"""Where a run's log is. Its file may be emptied or begun anew by somebody; its offsets only ever go on.

Every few seconds in which it grew a mark is left: when it was, where the file began, and how far the log went.
"""
import contextlib
import errno
import os
import re
import struct
import time
from typing import List, Optional, Tuple

from ..errors import NO_SUCH_RUN, GuardError
from ..system import files
from .run import Run

MARK = struct.Struct(">dQQ")
BLOCK = 1 << 16
# The most that is looked through for the last lines. A training can make its log longer by any size at no cost.
MOST_LOOKED_THROUGH = 256 << 20
# A hole of this size or more is passed over: the training did not print it. The zeros of a shorter one count as content.
GAP = 4 << 20
# Progress bars end their lines with a carriage return alone.
LINE_END = re.compile(rb"\n|(?<=[^\r\n])\r(?=[^\r\n])")


def extent(run: Run) -> Tuple[int, int]:
    """The offset of the file's first byte, and the log's end."""
    base, end = _last(run)
    size = run.log_size()
    # A file shorter than it was has been emptied: what it holds came after what was there.
    base = base if size >= end - base else end
    return base, base + size


def note(run: Run) -> Tuple[int, int]:
    """Leaves a mark where the log has grown, or its file was emptied."""
    now = extent(run)
    if now != _last(run):
        # A mark less makes a time less exact; the log goes on without it.
        with contextlib.suppress(OSError), files.opened(run.file("log.marks"), "ab") as file:
            # A torn mark would shift all that follow.
            file.truncate(file.tell() // MARK.size * MARK.size)
            file.write(MARK.pack(time.time(), *now))
    return now


def read(run: Run, base: int, offset: int, most: int) -> bytes:
    """What is there of it; nothing where the file is gone."""
    try:
        with files.opened(run.file("log")) as file:
            file.seek(max(0, offset - base))
            return file.read(most)
    except FileNotFoundError:
        return b""


def after_gap(run: Run, base: int, offset: int, end: int) -> int:
    """Where the content goes on, if a hole in the file lies at the offset; else the offset itself."""
    try:
        with files.opened(run.file("log")) as file:
            following = base + os.lseek(file.fileno(), max(0, offset - base), os.SEEK_DATA)
    except OSError as error:
        # ENXIO: nothing but a hole follows. Other file systems may not know of holes at all.
        following = end if error.errno == errno.ENXIO else offset
    following = min(following, end)
    return following if following - offset >= GAP else offset


def occupied(run: Run, base: int, offset: int, end: int) -> int:
    """How many of these bytes lie on the disk: holes do not."""
    found, at, last = 0, max(0, offset - base), end - base
    try:
        with files.opened(run.file("log")) as file:
            while at < last:
                at = min(last, os.lseek(file.fileno(), at, os.SEEK_DATA))
                hole = min(last, os.lseek(file.fileno(), at, os.SEEK_HOLE)) if at < last else last
                found, at = found + hole - at, hole
    except OSError as error:
        # As in after_gap.
        return found if error.errno == errno.ENXIO else end - offset
    return found


def begins(run: Run) -> List[List[int]]:
    """Where each attempt on this instance begins: [[number, offset], ...]."""
    state = run.state
    return state.get("log_begins") or [[state.get("attempt"), 0]]


def attempt_at(run: Run, offset: int, end: int) -> Tuple[int, int]:
    """Whose the byte at an offset is, and where the attempt's part ends."""
    known = begins(run)
    at = max((i for i, begin in enumerate(known) if begin[1] <= offset), default=0)
    return known[at][0], known[at + 1][1] if at + 1 < len(known) else end


def part(run: Run, attempt: Optional[int]) -> Tuple[int, int, bool]:
    """What there is to read of an attempt, or of all: first byte, end, and whether it is the newest attempt's."""
    base, end = extent(run)
    if attempt is None:
        return base, end, True
    known = begins(run)
    for (number, start), following in zip(known, known[1:] + [None]):
        if number == attempt:
            stop = following[1] if following else end
            return min(max(base, start), stop), stop, following is None
    raise GuardError("RunNotFound", "Attempt %d of %s has not begun here." % (attempt, run.id), NO_SUCH_RUN, run.id)


def since(run: Run, moment: float, first: int, last: int) -> int:
    """Where to begin in order to miss nothing printed since: the last mark before it, back to a line's begin."""
    offset = first
    try:
        with files.opened(run.file("log.marks")) as file:
            low, high = 0, os.fstat(file.fileno()).st_size // MARK.size
            while low < high:
                middle = (low + high) // 2
                file.seek(middle * MARK.size)
                marked, _, end = MARK.unpack(file.read(MARK.size))
                low, high = (middle + 1, high) if marked < moment else (low, middle)
                offset = max(offset, end) if marked < moment else offset
    except OSError:
        pass
    return tail(run, 0, first, min(offset, last))


def tail(run: Run, lines: int, first: int, end: int) -> int:
    """Where to begin in order to have the last lines before an offset: at a line's begin, at most one too early."""
    base, _ = extent(run)
    position, left = end, lines + 1
    while position > first and end - position < MOST_LOOKED_THROUGH:
        start = max(first, position - BLOCK)
        block = read(run, base, start, position - start)
        ends = [match.end() for match in LINE_END.finditer(block)]
        if len(ends) >= left:
            return start + ends[-left]
        position, left = start, left - len(ends)
    return position


def _last(run: Run) -> Tuple[int, int]:
    try:
        with files.opened(run.file("log.marks")) as file:
            count = os.fstat(file.fileno()).st_size // MARK.size
            file.seek(max(0, count - 1) * MARK.size)
            return MARK.unpack(file.read(MARK.size))[1:] if count else (0, 0)
    except OSError:
        return 0, 0


def last_text(path: str, size: int = 1500) -> str:
    """The end of a log, for an error message."""
    try:
        with files.opened(path) as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - size))
            return file.read().decode("utf-8", "replace").strip()
    except OSError:
        return ""
