"""Says in the first minute which process would be told at an interruption, or that no trainer handles the signal."""
import signal
import time
from typing import Any, Dict, List, Optional

from ..runs.run import Run
from ..system import processes
from ..system.command_lines import shown
from ..system.guard_log import best_effort
from .facts import Facts
from .telling import NOW, Decision, Settings, Situation, decide, stop_settings
from .trainers import Trainers

# Trainers that were not seen to write are believed after this.
PATIENCE_SECONDS = 60.0
OTHERS = (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGINT)


class Rehearsal:
    def __init__(self, run: Run) -> None:
        self._run = run
        self._said: Optional[List[Any]] = None
        self._before: Any = None

    def look(self, facts: Facts, found: Trainers) -> None:
        """Once for every set of commands that are told: the trainers may change, and a handler may come late."""
        if not facts or not found.seen and time.time() - (self._run.state.get("started_at") or 0.0) < PATIENCE_SECONDS:
            return
        settings = stop_settings(self._run.spec)
        told = [one for one in decide(Situation(facts, found.reasons, settings=settings)) if one.act == NOW]
        handled = [one for one in told if settings.stop_file or one.fact.handles(settings.signal)]
        what = sorted({(shown(one.fact.argv), one in handled) for one in told})
        said = self._already()
        if told and what == self._before and list(map(list, what)) not in said:
            self._tell(settings, told, handled, found)
            said.append(list(map(list, what)))
        # A handler may be put aside for the length of a save: what holds at two looks counts.
        self._before = what

    def _already(self) -> List[Any]:
        if self._said is None:
            attempt = self._run.state.get("attempt")
            self._said = [event["data"]["commands"] for event in self._run.events() if event["attempt"] == attempt
                          and "commands" in event["data"]]
        return self._said

    def _tell(self, settings: Settings, told: List[Decision], handled: List[Decision], found: Trainers) -> None:
        name = processes.signal_name(settings.signal)
        data: Dict[str, Any] = {
            "signal": name, "seen": found.seen,
            "commands": sorted({(shown(one.fact.argv), one in handled) for one in told}),
            "processes": [{"pid": one.fact.pid, "command": shown(one.fact.argv), "role": one.role,
                           "reason": one.reason, "handles": one.fact.handles(settings.signal)} for one in told]}
        if settings.stop_file:
            message = "At an interruption the training finds its stop file: %s" % _list(told)
        elif handled:
            message = "At an interruption %s is sent to %s, which handles it" % (name, _list(handled))
        else:
            other = next((processes.signal_name(number) for number in OTHERS
                          if number != settings.signal and told[0].fact.handles(number)
                          and not (number == signal.SIGINT and told[0].fact.argv[0].rpartition("/")[2].startswith("python"))
                          and not told[0].fact.catches_nearly_all), None)
            best_effort(lambda: self._run.warn(
                "SignalNotHandled", "No process that trains handles %s: %s. At an interruption only what was saved before counts. "
                "%s" % (name, _list(told), 'It handles %s: set [training] stop_signal = "%s".' % (other, other[3:]) if other
                        else "Save in a handler of %s." % name), **data))
            return
        best_effort(lambda: self._run.emit("TrainersFound", message, **data))


def _list(some: List[Decision]) -> str:
    text = ", ".join("%s (process %d)" % (shown(one.fact.argv), one.fact.pid) for one in some[:3])
    return text + (" and %d more" % (len(some) - 3) if len(some) > 3 else "")
