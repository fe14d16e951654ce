"""Sends files and parts alike over the same few connections."""
import os
import threading
from typing import Callable, Dict, List, NamedTuple, Optional, Tuple

from ..aws.connections import close_connections
from ..aws.part_queue import MINIMUM_PART
from ..aws.s3 import S3, Location
from ..aws.upload import WORKERS, FileUpload, Stored, put_bytes
from ..system.guard_log import best_effort
from .opened import Source


class Item(NamedTuple):
    """`ticket`: a file that lets a successor go on with what a killed guard began. `first`: it goes before the others."""
    source: Source
    at: Location
    ticket: str
    first: bool = False


def send(s3: S3, items: List[Item], done: Callable[[Item, Stored], None], cancelled: Callable[[], bool],
         count: Callable[[int], None], go_on: bool = False) -> Dict[str, Exception]:
    """Sends all of them. Raises the first failure; with `go_on` returns the failures by path instead."""
    # Large ones first: what is left at the end is short.
    queue = sorted(items, key=lambda item: (item.first, item.source.size()))
    large = sum(item.source.size() > MINIMUM_PART for item in items)
    workers = max(1, WORKERS // max(1, min(WORKERS, large)))
    connections, lock = threading.BoundedSemaphore(WORKERS), threading.Lock()
    failures: List[Tuple[str, Exception]] = []

    def take() -> Optional[Item]:
        with lock:
            return queue.pop() if queue and (go_on or not failures) else None

    def work() -> None:
        try:
            item = take()
            while item:
                try:
                    done(item, _send(s3, item, workers, connections, cancelled, count))
                except Exception as error:  # The caller has to hear of it, whatever it was.
                    failures.append((item.source.file.path, error))
                item = take()
        finally:
            close_connections()
    lanes = [threading.Thread(target=work, name="send", daemon=True) for _ in range(min(WORKERS, len(items)))]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    if failures and not go_on:
        raise failures[0][1]
    return dict(failures)


def _send(s3: S3, item: Item, workers: int, connections: threading.BoundedSemaphore, cancelled: Callable[[], bool],
          count: Callable[[int], None]) -> Stored:
    source = item.source
    if source.data is not None:
        with connections:
            stored = put_bytes(s3, item.at, source.data, cancelled)
        count(len(source.data))
        return stored
    assert source.descriptor is not None
    best_effort(lambda: os.makedirs(os.path.dirname(item.ticket), exist_ok=True))
    return FileUpload(s3, item.at, source.file.path, source.descriptor, item.ticket, source.steady, source.file.size, cancelled,
                      count, workers, connections).run()
