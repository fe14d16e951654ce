"""What happens to one run, as data: a pure function of a seed. It prints as a script that can be read, changed and played."""
import random
import shlex
from typing import Any, List, NamedTuple, Tuple

# What one save writes: see LAYOUTS of trainer.py.
LAYOUTS = ("single", "in_place", "renamed", "pair", "folder", "pointer", "sharded")
# Of these every save has names of its own, so that older ones can be deleted.
ROTATING = ("single", "pair", "folder", "pointer", "sharded")
# To the signal; "hangs" begins a save and does not come to its end.
REACTIONS = ("saves", "saves", "saves", "late", "ignores", "dies", "hangs")
LAUNCHERS = ("direct", "shell", "popen", "ranks")
# How a life ends: with a notice; without one; with a notice that is withdrawn; the training ends by itself, or fails.
NOTICE, GONE, WITHDRAWN, FINISH, CRASH = "notice", "gone", "withdrawn", "finish", "crash"
# What the session does after a life that is not the last: resumes; claims and is lost, so that another takes the run; is lost after
# it launched, and its instance starts when another has the run.
QUICK, LOST, STALE = "quick", "lost", "stale"
# Faults with a length: `value` is a share of requests (throttle, errors), a share of connections (resets) or bytes a second (slow).
LASTING = ("throttle", "errors", "resets", "slow", "down", "metadata", "full")
KILLS = ("kill-guard", "kill-keeper", "monitor")


class Training(NamedTuple):
    """`size`: bytes of a save. `every`: seconds between saves, `write`: how long one takes. `keep`: how many stay on the disk, 0 for
    all. `late`: seconds from the signal to the save of the reaction "late". `damaged`: saves that the training spoils itself."""
    layout: str = "single"
    size: int = 200000
    every: float = 4.0
    write: float = 0.3
    keep: int = 0
    log: bool = False
    reaction: str = "saves"
    late: float = 0.0
    launcher: str = "direct"
    workers: int = 1
    damaged: Tuple[int, ...] = ()


class Settings(NamedTuple):
    mirror: bool = True
    keep_last_n: int = 0
    grace: float = 6.0
    poll: float = 0.3


class Fault(NamedTuple):
    """`at`: seconds after the first step of the life, or after its notice, if it is in `late`."""
    at: float
    kind: str
    seconds: float = 0.0
    value: float = 0.0
    late: bool = False


class Life(NamedTuple):
    """One attempt. `after`: seconds from its first step to its end, or to the notice; `deadline`: seconds from there to the end of the
    machine. `clock`: by how much EC2's clock is ahead of the instance's. `session`: what comes after it."""
    end: str = NOTICE
    after: float = 8.0
    deadline: float = 20.0
    clock: float = 0.0
    faults: Tuple[Fault, ...] = ()
    session: str = QUICK


class Schedule(NamedTuple):
    seed: int
    training: Training
    settings: Settings
    lives: Tuple[Life, ...]


def schedule_of(seed: int) -> Schedule:
    chance = random.Random(seed)
    training = _training(chance)
    # What is overwritten in place is at stake where no mirror has brought it to S3.
    settings = Settings(mirror=chance.random() < (0.5 if training.layout == "in_place" else 0.9), keep_last_n=chance.choice((0, 0, 0, 2, 5)),
                        grace=chance.choice((2.0, 4.0, 6.0, 10.0)), poll=chance.choice((0.1, 0.3, 1.0)))
    number = chance.choice((1, 2, 2, 2, 3))
    lives = tuple(_life(chance, training, last=position == number - 1) for position in range(number))
    return Schedule(seed, training, settings, lives)


def _training(chance: random.Random) -> Training:
    layout = chance.choice(LAYOUTS)
    launcher = chance.choice(LAUNCHERS)
    size = int(chance.choice((2e4, 2e5, 2e5, 1e6, 3e6, 12e6)))
    damaged: Tuple[int, ...] = ()
    if chance.random() < 0.25:
        damaged = tuple(sorted(chance.sample(range(1, 6), chance.choice((1, 2)))))
    every = chance.choice((2.6, 3.5, 5.0, 8.0))
    return Training(
        layout=layout, size=size, every=every, write=chance.choice((0.0, 0.1, 0.5, 1.2)),
        keep=chance.choice((0, 1, 2, 3)) if layout in ROTATING else 0, log=chance.random() < 0.4,
        reaction=chance.choice(REACTIONS), late=round(chance.uniform(0.5, 3.0), 1),
        launcher=launcher, workers=2 if launcher == "ranks" else 1, damaged=damaged)


def _life(chance: random.Random, training: Training, last: bool) -> Life:
    if last:
        end = chance.choice((FINISH, FINISH, CRASH, NOTICE, GONE, NOTICE))
    else:
        end = chance.choice((NOTICE, NOTICE, NOTICE, NOTICE, GONE, WITHDRAWN))
    after = round(chance.uniform(1.0, 3.2 * training.every), 1)
    deadline = float(chance.choice((6, 12, 20, 20, 30, 30)))
    faults: List[Fault] = []
    while len(faults) < 3 and chance.random() < 0.5:
        faults.append(_fault(chance, training, after, has_notice=end == NOTICE))
    clock = chance.choice((0.0, 0.0, 0.0, 300.0, -3600.0, 45.0))
    return Life(end, after, deadline, clock, tuple(sorted(faults)), chance.choice((QUICK, QUICK, QUICK, LOST, STALE)))


def _fault(chance: random.Random, training: Training, after: float, has_notice: bool) -> Fault:
    kinds = ["throttle", "errors", "resets", "slow", "down", "metadata", "kill-guard", "kill-guard", "kill-keeper"]
    if has_notice:
        kinds.append("monitor")
    if training.layout in ("single", "in_place", "renamed"):
        kinds.append("full")
    kind = chance.choice(kinds)
    late = has_notice and (kind == "monitor" or chance.random() < 0.5)
    # Most of a sequence is over after a second, and the guard is there for the rest.
    at = round(chance.uniform(0.0, chance.choice((0.6, 2.0, 5.0)) if late else after), 1)
    value = {"throttle": chance.choice((0.3, 0.6, 0.9)), "errors": chance.choice((0.2, 0.5, 0.8)),
             "resets": chance.choice((0.2, 0.5)), "slow": float(chance.choice((100e3, 400e3, 1e6)))}.get(kind, 0.0)
    if kind == "metadata":
        value = float(chance.choice((500, 401, 0)))
    seconds = round(chance.uniform(0.5, 6.0), 1) if kind in LASTING else 0.0
    return Fault(at, kind, seconds, value, late)


# As text

def script(schedule: Schedule) -> str:
    """One line for each thing; every value can be changed."""
    lines = ["seed %d" % schedule.seed, _line("training", schedule.training), _line("settings", schedule.settings)]
    for life in schedule.lives:
        lines.append(_line("life", life._replace(faults=())))
        lines += [_line("  fault", fault) for fault in life.faults]
    return "\n".join(lines) + "\n"


def _line(name: str, values: Any) -> str:
    plain = type(values)._field_defaults
    shown = ["%s=%s" % (field, _text(value)) for field, value in values._asdict().items()
             if field not in plain or value != plain[field] or field in ("layout", "end", "kind")]
    return " ".join([name] + shown)


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def parse(text: str) -> Schedule:
    """ValueError with the line that cannot be read."""
    seed, training, settings, lives = 0, Training(), Settings(), []  # type: ignore
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            continue
        try:
            if words[0] == "seed":
                seed = int(words[1])
            elif words[0] == "training":
                training = _read(Training, words[1:])
            elif words[0] == "settings":
                settings = _read(Settings, words[1:])
            elif words[0] == "life":
                lives.append(_read(Life, words[1:]))
            elif words[0] == "fault":
                lives[-1] = lives[-1]._replace(faults=lives[-1].faults + (_read(Fault, words[1:]),))
            else:
                raise ValueError(words[0])
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise ValueError("%r cannot be read: %s" % (line, error)) from None
    return Schedule(seed, training, settings, tuple(lives))


def _read(kind: Any, words: List[str]) -> Any:
    values = {}
    for word in words:
        name, _, value = word.partition("=")
        wanted = kind.__annotations__[name]
        if wanted is bool:
            values[name] = value == "true"
        elif wanted in (int, float, str):
            values[name] = wanted(value)
        else:
            values[name] = tuple(int(one) for one in value.split(",") if one)
    return kind(**values)
