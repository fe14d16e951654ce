"""Back-off: the one policy for pauses between tries."""
import random
import time
from typing import Callable, Optional


class Backoff:
    """Pauses in seconds that double up to `longest`, each shortened by up to half by chance. The tries end with their number
    `tries`, or with the time `seconds`; the last of a time is made when it ends."""

    def __init__(self, tries: Optional[int] = None, seconds: Optional[float] = None, longest: float = 5.0, first: float = 0.2,
                 clock: Callable[[], float] = time.monotonic, chance: Callable[[float, float], float] = random.uniform) -> None:
        self._left, self._next, self._longest = tries, first, longest
        self._clock, self._chance = clock, chance
        self._end = None if seconds is None else clock() + seconds

    def pause(self) -> Optional[float]:
        """Until the next try; None if there is none."""
        pause = self._next * self._chance(0.5, 1.0)
        self._next = min(self._longest, self._next * 2)
        if self._left is not None:
            self._left -= 1
            if self._left <= 0:
                return None
        if self._end is not None:
            left = self._end - self._clock()
            if left <= 0:
                return None
            pause = min(pause, left)
        return pause

    def wait(self) -> bool:
        """Sleeps until the next try; False if there is none."""
        pause = self.pause()
        if pause is None:
            return False
        time.sleep(pause)
        return True
