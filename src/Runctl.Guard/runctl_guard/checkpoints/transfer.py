"""Sends files and parts alike over the same few connections."""
import os
import threading
from typing import Callable, Dict, List, NamedTuple

from ..aws.lanes import LANES, in_lanes
from ..aws.part_queue import MINIMUM_PART
from ..aws.s3 import S3, Location
from ..aws.upload import FileUpload, Stored, put_bytes
from ..system import files
from ..system.guard_log import best_effort
from ..system.waiting import Calls
from .opened import Source


class Item(NamedTuple):
    """`ticket`: a file that lets a successor go on with what a killed guard began. `first`: it goes before the others."""
    source: Source
    at: Location
    ticket: str
    first: bool = False


def send(s3: S3, items: List[Item], done: Callable[[Item, Stored], None], cancelled: Callable[[], bool],
         count: Callable[[int], None], calls: Calls, go_on: bool = False) -> Dict[str, Exception]:
    """Sends all of them. Raises the first failure; with `go_on` returns the failures by path instead."""
    # Large ones first: what is left at the end is short.
    queue = sorted(items, key=lambda item: (item.first, item.source.size()))
    large = sum(item.source.size() > MINIMUM_PART for item in items)
    workers = max(1, LANES // max(1, min(LANES, large)))
    connections = threading.BoundedSemaphore(LANES)

    def put(item: Item) -> None:
        done(item, _send(s3, item, workers, connections, cancelled, count, calls))
    return {item.source.file.path: error for item, error in in_lanes(queue, put, go_on)}


def _send(s3: S3, item: Item, workers: int, connections: threading.BoundedSemaphore, cancelled: Callable[[], bool],
          count: Callable[[int], None], calls: Calls) -> Stored:
    source = item.source
    if source.data is not None:
        with connections:
            stored = put_bytes(s3, item.at, source.data, cancelled)
        count(len(source.data))
        return stored
    assert source.descriptor is not None and source.opened is not None
    best_effort(lambda: files.make_folder(os.path.dirname(item.ticket)))
    return FileUpload(s3, item.at, source.path, source.descriptor, source.opened, item.ticket, source.steady, cancelled, count,
                      workers, connections, calls).run()
