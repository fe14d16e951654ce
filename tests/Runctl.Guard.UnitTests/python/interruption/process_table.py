"""Processes as rows, for the tests of trainers and telling."""
import support  # noqa: F401
from runctl_guard.interruption.facts import Fact

PYTHON = ("python3", "train.py")


def bits(*numbers):
    return sum(1 << (number - 1) for number in numbers)


def table(*facts):
    return {fact.pid: fact for fact in facts}


def fact(pid, parent=1, argv=PYTHON, **more):
    return Fact(pid, more.pop("start", pid), parent, argv, **more)


def shell(pid, parent=1, **more):
    return fact(pid, parent, ("bash", "run.sh"), shell=True, **more)
