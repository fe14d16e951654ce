"""The same work on many items over a few connections at once."""
import threading
from typing import Callable, List, Optional, Sequence, Tuple, TypeVar

from .connections import close_connections

LANES = 8

Item = TypeVar("Item")


def in_lanes(items: Sequence[Item], act: Callable[[Item], None], go_on: bool = False) -> List[Tuple[Item, Exception]]:
    """Takes the last items first. Raises the first failure, after the lanes have ended; with `go_on` works through all items
    and returns the failures."""
    queue, lock = list(items), threading.Lock()
    failures: List[Tuple[Item, Exception]] = []

    def take() -> Optional[Tuple[Item]]:
        with lock:
            return (queue.pop(),) if queue and (go_on or not failures) else None

    def work() -> None:
        try:
            taken = take()
            while taken:
                try:
                    act(taken[0])
                except Exception as error:  # The caller has to hear of it, whatever it was.
                    failures.append((taken[0], error))
                taken = take()
        finally:
            close_connections()
    lanes = [threading.Thread(target=work, name="lane", daemon=True) for _ in range(min(LANES, len(queue)))]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    if failures and not go_on:
        raise failures[0][1]
    return failures
