#!/usr/bin/env python3
"""Trainings of the frameworks that are installed, under the real guard: interrupted, restored in another folder, gone on with.

    tests/frameworks/run.py                  all of them
    tests/frameworks/run.py torch orbax      those that are named; --list says which there are
    tests/frameworks/run.py --keep FOLDER    keeps logs, events and the listing of S3 of those that failed

Needs Linux and Python 3.8, and nothing else: it runs the frameworks that this Python can import, on a GPU if they find one. For
each there is a line: ok, not installed, or failed and why. A layout that a framework would write is also written by a small
stand-in, which is marked so. The exit code is 0 if none failed. Metadata service and S3 are stand-ins on loopback, shared with
tests/systemd. Nothing is left behind.
"""
import argparse
import concurrent.futures
import importlib.util
import json
import os
import re
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, "..", "systemd"))
sys.path.insert(0, HERE)
from cases import CASES  # noqa: E402
from cloud import Cloud  # noqa: E402
from guarded import Training, install  # noqa: E402
from local_machine import LocalMachine  # noqa: E402
from machine import eventually  # noqa: E402

NOTICE_SECONDS = 45
# Steps between two saves; that of layouts/lib.py and trainings/common.py.
EVERY = 40
# The bound is for hangs only; a framework on a busy machine may take its time to be imported.
PATIENCE = 180.0


class Failed(Exception):
    """What the line says; `shown` is what helps to find out why."""

    def __init__(self, reason, shown=""):
        super().__init__(reason)
        self.shown = shown


def missing(case):
    """The first module that the case needs and this Python does not have."""
    for name in case.needs:
        name, _, version = name.partition(">=")
        if importlib.util.find_spec(name) is None:
            return name
        if version:
            major = int(re.match(r"\d+", getattr(__import__(name), "__version__", "0")).group())
            if major < int(version):
                return "%s %s" % (name, version)
    return None


class Attempt:
    """One attempt of a case, on a machine of its own."""

    def __init__(self, case, number, s3=None, manifest=None):
        self.case = case
        self.cloud = Cloud(s3=s3)
        self.machine = LocalMachine(self.cloud)
        install(self.machine)
        self.training = Training(
            self.machine, self.cloud, re.sub(r"[^a-z0-9]+", "-", case.name), files=[os.path.join(HERE, one) for one in case.files],
            python=sys.executable, resume_arguments=["--resume", "{checkpoint}"],
            environment=dict({"OMP_NUM_THREADS": "1", "PATH": os.path.dirname(sys.executable) + ":" + os.environ["PATH"]},
                             **case.environment),
            checkpoint=dict({"dir": "checkpoints", "save_interval": None, "mirror": True, "patterns": []}, **case.checkpoint),
            attempt={"number": number, "nonce": "n%d" % number, "node": 0, "nodes": 1,
                     "resume_from": {"manifest": manifest} if manifest else None})

    def start(self):
        answer = self.training.start()
        if answer.get("error"):
            raise Failed("it did not start: %s" % answer["error"]["message"].strip().splitlines()[-1])

    def log(self):
        return self.machine.read(self.training.file("log")).decode("utf-8", "replace")

    def step(self):
        """The last one that was reported, 0 before the first."""
        found = re.findall(r"step (\d+)\n", self.machine.read(self.training.shared_file("progress")).decode())
        return int(found[-1]) if found else 0

    def until(self, condition, what):
        """Waits for it; a training that ends before has failed."""
        def look():
            if condition():
                return True
            state = self.training.state.get("state")
            if state in ("finished", "failed"):
                raise Failed("the training ended (%s) before %s" % (state, what))
            return False
        try:
            eventually(look, PATIENCE)
        except AssertionError:
            raise Failed("not within %d s: %s" % (PATIENCE, what)) from None

    def story(self):
        """What helps to find out why."""
        events = self.machine.read(self.training.file("events.jsonl")).decode().splitlines()
        told = ["%(time)s %(kind)s %(message)s" % json.loads(line) for line in events]
        return "\n".join(["events:"] + told + ["log:", self.log(), "guard.log:", self.machine.guard_log(), ""])

    def end(self):
        self.machine.end()
        self.cloud.close()


def interrupted(first):
    """Trains, takes the machine away, and returns the last step and the manifest of what is in S3."""
    first.start()
    first.until(lambda: first.step() >= first.case.steps, "step %d" % first.case.steps)
    first.until(first.training.committed, "a checkpoint was in S3 before the notice")
    # Between two saves: what is written at once after another one is the same save.
    first.until(lambda: 20 <= first.step() % EVERY < 35, "a moment between two saves")
    first.cloud.interrupt(NOTICE_SECONDS)
    first.until(lambda: first.training.state.get("state") == "interrupted", "the interruption was handled")
    state = first.training.state
    if first.training.events("TrainingKilled"):
        raise Failed("it did not end by itself: %s" % first.training.events("TrainingKilled")[-1]["message"])
    outcome = first.training.events("InterruptionHandled")[-1]
    if not (state.get("checkpoint") or {}).get("manifest"):
        raise Failed("no checkpoint in S3: %s" % outcome["message"])
    return first.step(), state["checkpoint"]["manifest"]


def resumed(second, last):
    """Goes on from there, on a machine that has nothing but what was restored."""
    try:
        second.start()
    except Failed as error:
        raise Failed("resumed, %s" % error) from None
    second.until(lambda: second.step() > 0 or "STARTED FROM SCRATCH" in second.log(), "its first step")
    found = re.findall(r"^RESUMED at step (\d+)", second.log(), re.MULTILINE)
    if not found:
        raise Failed("it did not resume")
    if int(found[0]) != last:
        raise Failed("it resumed at step %s, and step %d was the last one" % (found[0], last))
    second.until(lambda: second.step() >= last + 5, "five steps more")
    first = int(re.search(r"step (\d+)\n", second.machine.read(second.training.shared_file("progress")).decode()).group(1))
    if first != last + 1:
        raise Failed("its first step is %d, and step %d was the last one" % (first, last))


def passes(case):
    """Runs the case; Failed says why it does not pass."""
    first, second = Attempt(case, 1), None
    try:
        last, manifest = interrupted(first)
        second = Attempt(case, 2, first.cloud.s3, manifest)
        resumed(second, last)
    except Failed as error:
        keys = "\n".join(["S3:"] + first.cloud.s3.keys())
        error.shown = "\n".join(attempt.story() for attempt in (first, second) if attempt) + keys
        raise
    finally:
        for attempt in (first, second):
            if attempt:
                attempt.end()
        first.cloud.s3.close()


def line(case, keep):
    """What is printed for it, and whether it failed."""
    absent = missing(case)
    name = case.name + (" (stand-in)" if case.stand_in else "")
    if absent:
        return "%-34s not installed%s" % (name, "" if case.needs[0].startswith(absent) else ": it needs " + absent), False
    began = time.monotonic()
    try:
        passes(case)
        return "%-34s ok (%.0f s)" % (name, time.monotonic() - began), False
    except Failed as error:
        reason, shown = str(error), error.shown
    except Exception as error:
        reason, shown = "%s: %s" % (type(error).__name__, error), traceback.format_exc()
    if keep:
        with open(os.path.join(keep, case.name.replace("/", "-").replace(" ", "-") + ".txt"), "w") as file:
            file.write(shown)
    return "%-34s failed: %s" % (name, reason), True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="a part of the name of a case")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--keep", metavar="FOLDER")
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1), help="how many at the same time")
    options = parser.parse_args()
    chosen = [case for case in CASES if not options.names or any(name in case.name for name in options.names)]
    if not chosen:
        parser.error("no case has such a name")
    if options.list:
        print("\n".join(case.name + (" (stand-in)" if case.stand_in else "") for case in chosen))
        return 0
    if options.keep:
        os.makedirs(options.keep, exist_ok=True)
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for text, bad in pool.map(lambda case: line(case, options.keep), chosen):
            print(text, flush=True)
            failed += bad
            passed += not bad and "not installed" not in text
    print("%d passed, %d failed" % (passed, failed))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
