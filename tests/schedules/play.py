"""Plays a schedule: real guards, trainings with real signals and files, and a session that claims and resumes as Runctl's does."""
import json
import os
import subprocess
import sys
import threading
import time
import uuid

from place import HERE, Instance, Store

from guarded import BUCKET, Training, guard  # isort: skip
from schedule import CRASH, FINISH, GONE, LOST, NOTICE, QUICK, STALE, WITHDRAWN
from support import eventually, kill_all_of  # isort: skip

SOURCES = os.path.join(HERE, "..", "..", "src", "Runctl.Guard")
ENDED = ("finished", "failed", "interrupted", "stopped")
# Bounds for hangs only.
START_SECONDS, END_SECONDS = 90.0, 120.0
WITHDRAWN_SECONDS = 2.0
# The monitor of the session looks every 30 s, and sooner at a notice; here time is compressed.
MONITOR_SECONDS = 1.5


SHELL = """#!/bin/bash
"%s" trainer.py "$@"
code=$?
echo over
exit $code
"""


class Stuck(Exception):
    """What did not happen is a violation by itself. `manifest`: what was to be gone on from."""

    def __init__(self, text, manifest=None):
        super().__init__(text)
        self.manifest = manifest


class Lag(threading.Thread):
    """How late this machine is: a busy one makes everything late, which is no fault of a guard's."""

    def __init__(self):
        super().__init__(daemon=True)
        self.seen, self._over = [], threading.Event()
        self.start()

    def run(self):
        before = time.monotonic()
        while not self._over.wait(0.1):
            now = time.monotonic()
            if now - before > 0.2:
                self.seen.append((now, now - before - 0.1))
            before = now

    def end(self):
        self._over.set()

    def within(self, begin, end):
        return sum(late for at, late in self.seen if begin <= at <= end)


class Attempt(Training):
    """A training of guarded.py whose attempt the session has claimed already."""

    def __init__(self, play, machine, number, nonce, manifest, life):
        self.play, schedule = play, play.schedule
        play.attempts.append(self)
        training, settings = schedule.training, schedule.settings
        arguments = ["--launch", training.launcher] if training.launcher in ("popen", "ranks") else []
        changes = {"script": "train.sh"} if training.launcher == "shell" else {}
        machine.write("/home/ubuntu/%s/train.sh" % play.name, SHELL % sys.executable)
        cloud = type("Of", (), {"s3": play.store})
        super().__init__(
            machine, cloud, play.name, arguments, files=[os.path.join(HERE, "trainer.py")], python=sys.executable,
            resume_arguments=["--resume", "{checkpoint}"], environment={"PATH": os.environ["PATH"]},
            checkpoint={"dir": "checkpoints", "save_interval": None, "mirror": settings.mirror, "patterns": [],
                        "keep_last_n": settings.keep_last_n or None},
            policy={"grace_seconds": settings.grace, "guard_poll_seconds": settings.poll, "on_exit": "keep",
                    "withdrawn_seconds": WITHDRAWN_SECONDS},
            attempt={"number": number, "nonce": nonce, "node": 0, "nodes": 1,
                     "resume_from": {"manifest": manifest} if manifest else None}, **changes)
        self.plan(life)

    def _claim(self):
        pass

    def plan(self, life):
        """What the script reads when it starts."""
        training = self.play.schedule.training
        self.machine.write("/home/ubuntu/%s/plan.json" % self.play.name, json.dumps(dict(
            training._asdict(), seed=self.play.schedule.seed, journal=self.play.journal, instance=self.machine.id,
            ends_after=life.after if life.end in (FINISH, CRASH) else None, exit_code=3 if life.end == CRASH else 0)))

    def start(self):
        self.machine.write("/root/%s.json" % self.id, json.dumps(self.spec))
        return guard(self.machine, "run", "--spec", "/root/%s.json" % self.id, program=self.play.program)

    def command(self, *arguments):
        return guard(self.machine, *arguments, program=self.play.program)

    def settled(self):
        state = self.state
        return state.get("state") in ENDED and not state.get("record_pending")


class Played:
    """What the oracle gets to know of a life, beside the journal of the training: times are of CLOCK_MONOTONIC."""

    def __init__(self, life, number, instance):
        self.life, self.attempt, self.instance = life, number, instance
        self.first = self.notice = self.deadline = self.over = self.settled = None
        self.state, self.events, self.left = {}, [], []
        self.faults = []  # (fault, begin, end)
        self.resumed = None


class Play:
    """`disks`: whether an instance may have a disk of its own, which can be full."""

    def __init__(self, schedule, folder, program, disks):
        self.schedule, self.folder, self.program, self.disks = schedule, folder, program, disks
        # The guard knows processes of a run by it, and other schedules are played on this machine at the same time.
        self.name = "s%x" % os.getpid()
        self.journal = os.path.join(folder, "journal")
        os.makedirs(self.journal, exist_ok=True)
        self.store = Store(schedule.seed)
        self.attempts, self.processor = [], 0.0
        self.instances, self.lives, self.threads, self.refused, self.stuck = [], [], [], [], []
        self.lag = Lag()
        self.began = time.monotonic()
        self.story = open(os.path.join(folder, "story.txt"), "w", buffering=1)

    def say(self, text):
        self.story.write("%7.2f %s\n" % (time.monotonic() - self.began, text))

    # The whole

    def run(self):
        """The lives, in order. Stuck if something did not come to its end."""
        try:
            attempt = played = None
            for life in self.schedule.lives:
                attempt, played = self._live(life, attempt, played)
            self._end(attempt, played)
            for thread in self.threads:
                thread.join(END_SECONDS)
            if self.stuck:
                raise self.stuck[0]
        finally:
            self.lag.end()
            for one in self.attempts:
                if one.machine.is_on:
                    self._keep(one.machine, one)
            for one in self.instances:
                one.end()
            self.store.close()
            self.story.close()

    def _live(self, life, before, played_before):
        """One life, up to its end or to the notice that ends it; the one before ends meanwhile."""
        if before is None:
            attempt = self._start_first(life)
        elif played_before.life.end == WITHDRAWN and played_before.life.session == QUICK:
            attempt = self._stays(life, before, played_before)
        else:
            attempt = self._resume(life, before, played_before)
        played = Played(life, attempt.spec["attempt"]["number"], attempt.machine.id)
        self.lives.append(played)
        if before is not None and before.machine is not attempt.machine:
            self._in_background(lambda: self._end(before, played_before))
        played.first = self._first_step(attempt, played)
        self.say("attempt %d trains on %s" % (played.attempt, played.instance))
        self._play(attempt, played)
        return attempt, played

    def _instance(self, life):
        number = len(self.instances) + 1
        wants_disk = self.disks and any(fault.kind == "full" for one in self.schedule.lives for fault in one.faults)
        machine = Instance(number, self.store, self.schedule.seed * 10 + number, life.clock, wants_disk)
        self.instances.append(machine)
        return machine

    # The session

    def _start_first(self, life):
        machine = self._instance(life)
        nonce = uuid.uuid4().hex
        self._claim(nonce, "the first session")
        attempt = Attempt(self, machine, 1, nonce, None, life)
        self._in_background(attempt.start)
        return attempt

    def _resume(self, life, before, played_before):
        """As AutoResumer does: claims, launches, waits until the attempt before is over, chooses, starts."""
        session = played_before.life.session
        nonce = uuid.uuid4().hex
        number = self._claim(nonce, "a session")
        stale = None
        if session in (LOST, STALE):
            if session == STALE:
                stale = Attempt(self, self._instance(life), number, nonce, None, life)
            self.say("the session that claimed attempt %d is lost" % number)
            nonce = uuid.uuid4().hex
            number = self._claim(nonce, "another session")
        machine = self._instance(life)
        self._await_over(before, played_before)
        manifest = self._choose()
        self.say("attempt %d resumes from %s" % (number, manifest))
        attempt = Attempt(self, machine, number, nonce, manifest, life)
        if stale is not None:
            self._in_background(lambda: self._start_late(stale, attempt))
        self._in_background(attempt.start)
        return attempt

    def _start_late(self, stale, attempt):
        """The start of the lost session arrives when another has the run."""
        eventually(lambda: self._record()["attempts"][-1]["state"] != "claimed", START_SECONDS)
        answer = stale.start()
        self.say("the start of attempt %d, which was taken over: %s" % (stale.spec["attempt"]["number"], answer.get("error")))
        self.refused.append((stale.machine.id, answer))
        self._leftovers_into(stale, self.refused)
        stale.machine.end()

    def _leftovers_into(self, stale, refused):
        running = [command for command in stale.machine.processes().values() if any("trainer.py" in word for word in command)]
        if running:
            refused.append((stale.machine.id, {"training": running}))

    def _stays(self, life, before, played_before):
        """The notice is withdrawn, and the guard there goes on as a new attempt."""
        before.plan(life)
        number = played_before.attempt
        self._eventually(lambda: before.state.get("attempt", 0) > number, "the training starts again after a withdrawn notice",
                         played_before.deadline - time.monotonic() + END_SECONDS)
        played_before.over = played_before.settled = time.monotonic()
        before.spec["attempt"] = dict(before.spec["attempt"], number=before.state["attempt"])
        return before

    def _record(self):
        return self.store.json("runctl/runs/%s/run.json" % self.id)

    @property
    def id(self):
        return self.name + "-20260131-120000-abcdef"

    def _claim(self, nonce, by):
        """A conditional write: nothing is written in between."""
        path = "/%s/runctl/runs/%s/run.json" % (BUCKET, self.id)
        with self.store.lock:
            record = json.loads(self.store.objects.get(path, b"null").decode()) or {
                "schema": 1, "run_id": self.id, "project_name": self.name, "outcome": None, "attempts": []}
            number = (record["attempts"][-1]["number"] if record["attempts"] else 0) + 1
            record["attempts"].append({"number": number, "nonce": nonce, "node": 0, "nodes": 1, "state": "claimed",
                                       "claimed_by": by, "started": None, "instance_id": None, "resumed_from": None})
            self.store.objects[path] = json.dumps(record).encode()
        self.say("%s claims attempt %d" % (by, number))
        return number

    def _await_over(self, before, played):
        """The attempt before has ended, with all it saved in S3, or its instance is gone."""
        def over():
            entry = next(one for one in self._record()["attempts"] if one["number"] == played.attempt)
            return not before.machine.is_on or entry["state"] in ENDED and not entry.get("unsaved")
        if played.deadline is not None and played.life.end == NOTICE:
            # EC2 takes the machine then, whatever else is.
            while not over() and time.monotonic() < played.deadline:
                time.sleep(0.05)
            if not over():
                self._end(before, played)
        self._eventually(over, "attempt %d is over" % played.attempt)

    def _choose(self):
        """CheckpointChoice: the newest of the newest attempt, else what it began from, and so on, down to one that began anew."""
        for entry in reversed(self._record()["attempts"]):
            found = []
            base = "/%s/spot/%s/" % (BUCKET, entry.get("instance_id"))
            with self.store.lock:
                bodies = {path: data for path, data in self.store.objects.items()
                          if path.startswith(base) and path.endswith(".manifest.json")}
            for path, data in bodies.items():
                body = json.loads(data.decode())
                if body["attempt"] == entry["number"] and body["run_id"] == self.id:
                    found.append((body["saved_at"], body["created"], body["complete"], "s3:/" + path))
            if found:
                return max(found)[-1]
            began = (entry.get("resumed_from") or {}).get("manifest")
            if began:
                return began
            if entry.get("started"):
                return None
        return None

    # One life

    def _first_step(self, attempt, played):
        name = "%d.%s." % (played.attempt, played.instance)

        def stepped():
            for one in os.listdir(self.journal):
                if one.startswith(name):
                    for note in notes(os.path.join(self.journal, one)):
                        if note["what"] == "step":
                            return note["t"]
            state = attempt.state
            if state.get("attempt") == played.attempt and state.get("state") == "failed":
                raise Stuck("attempt %d did not start: %s" % (played.attempt, state.get("error")),
                            (attempt.spec["attempt"]["resume_from"] or {}).get("manifest"))
            return None
        return self._eventually(stepped, "the first step of attempt %d" % played.attempt, START_SECONDS)

    def _play(self, attempt, played):
        life, machine, acts = played.life, attempt.machine, []
        for fault in life.faults:
            begin = fault.at + (life.after if fault.late else 0.0)
            acts.append((begin, fault, True))
            if fault.seconds:
                acts.append((begin + fault.seconds, fault, False))
        acts = sorted(acts, key=lambda act: act[0])
        if life.end == GONE:
            acts = [act for act in acts if act[0] < life.after]
        begun, noticed = {}, False
        acts.append((life.after, None, True))
        acts.sort(key=lambda act: act[0])
        for at, fault, begins in acts:
            self._sleep_until(played.first + at)
            if fault is None:
                noticed = True
                self._strike(attempt, played)
                if life.end == GONE:
                    break
            elif begins:
                self.say("fault: %s" % (fault,))
                begun[fault] = time.monotonic()
                played.faults.append([fault, time.monotonic(), None])
                self._begin(fault, attempt, played)
            else:
                machine.end_of(fault)
                next(one for one in played.faults if one[0] == fault)[2] = time.monotonic()
                self.say("over: %s" % fault.kind)
        assert noticed
        for one in played.faults:
            if one[2] is None:
                machine.end_of(one[0])
                one[2] = time.monotonic()

    def _strike(self, attempt, played):
        """The end of the life, or what will bring it."""
        life, machine = played.life, attempt.machine
        if life.end in (NOTICE, WITHDRAWN):
            played.notice = time.monotonic()
            played.deadline = machine.metadata.interrupt(life.deadline)
            self.say("notice on %s, %.1f s" % (machine.id, played.deadline - played.notice))
            if life.end == WITHDRAWN:
                def withdraw():
                    # What no guard has seen was no notice.
                    self._eventually(lambda: attempt.state.get("state") not in ("running", None), "the notice is seen")
                    machine.metadata.notice = None
                self._in_background(withdraw)
        elif life.end == GONE:
            self.say("%s is gone" % machine.id)
            self._take(attempt, played)

    def _begin(self, fault, attempt, played):
        machine = attempt.machine
        if fault.kind == "kill-guard":
            machine.kill("guard")
        elif fault.kind in ("kill-keeper", "monitor"):
            machine.kill("keeper")
            machine.kill("guard")
            self._in_background(lambda: self._repair(fault, attempt, played))
        else:
            machine.begin(fault)

    def _repair(self, fault, attempt, played):
        """The second line: the session's monitor finds no guard."""
        time.sleep(MONITOR_SECONDS)
        if not attempt.machine.is_on:
            return
        try:
            if fault.kind == "monitor" and played.deadline is not None:
                at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(
                    time.time() + attempt.machine.metadata.clock + played.deadline - time.monotonic()))
                self.say("the monitor runs the sequence")
                attempt.command("interrupt", "--run", attempt.id, "--deadline", at, "--source", "monitor")
            self.say("the monitor repairs")
            attempt.command("repair")
        except (AssertionError, OSError, ValueError):
            if attempt.machine.is_on:
                raise

    # Ends

    def _end(self, attempt, played):
        """The end of a life, from the notice on: until all is settled, or EC2 takes the machine."""
        if played.over is not None:
            return
        life = played.life
        if life.end == NOTICE:
            while time.monotonic() < played.deadline and not self._settled(attempt, played):
                time.sleep(0.05)
        else:
            self._eventually(lambda: self._settled(attempt, played), "the end of attempt %d is settled" % played.attempt)
            if life.end == WITHDRAWN:
                # Another has the run: the guard there has time to find that out.
                self._sleep_until(played.deadline + WITHDRAWN_SECONDS + 2.5)
                self._eventually(attempt.settled, "what was told of the withdrawn notice is settled")
        if played.settled is not None:
            self._look_at_what_is_left(attempt, played)
        self._take(attempt, played)

    def _settled(self, attempt, played):
        if attempt.state.get("attempt") == played.attempt and attempt.settled():
            played.settled = played.settled or time.monotonic()
        return played.settled

    def _look_at_what_is_left(self, attempt, played):
        end = time.monotonic() + 5
        while True:
            played.left = self._left(attempt)
            if not played.left or time.monotonic() > end:
                break
            time.sleep(0.1)

    def _left(self, attempt):
        machine, found, guards = attempt.machine, [], 0
        for pid, command in machine.processes().items():
            if command[-1] in ("guard", "keeper"):
                guards += command[-1] == "guard"
            elif not any(word in ("interrupt", "repair", "run") for word in command):
                found.append("process %d: %s" % (pid, " ".join(command[:6])))
        if guards > 1:
            found.append("%d guards" % guards)
        # A multipart upload that a killed guard had begun waits for its version to come again, or for the bucket's lifecycle rule.
        killed = any(fault.kind in ("kill-guard", "kill-keeper", "monitor") for life in self.schedule.lives for fault in life.faults)
        for name in ("protected",) if killed else ("protected", "tickets"):
            folder = machine.path(attempt.file(name))
            if os.path.isdir(folder) and any(one != "index.json" for one in os.listdir(folder)):
                found.append("%s: %s" % (name, sorted(os.listdir(folder))))
        if not guards:
            # What a killed one had begun to write goes when the next begins.
            return found
        for top in ("/var/lib/runctl", "/home/ubuntu/" + self.name):
            for folder, folders, names in os.walk(machine.path(top)):
                found += [os.path.join(folder, name)[len(machine.root):] for name in names + folders
                          if ".tmp" in name and not name.startswith("last.pt") and not name.startswith("latest")]
        return found

    def _take(self, attempt, played):
        """EC2 takes the machine."""
        machine = attempt.machine
        self.processor += machine.processor_seconds()
        kill_all_of(machine.root)
        played.over = time.monotonic()
        played.state = attempt.state
        try:
            lines = machine.read(attempt.file("events.jsonl")).splitlines()
        except OSError:
            lines = []
        played.events = [json.loads(line) for line in lines if line.endswith(b"}")]
        self.say("%s is over: %s, settled %s" % (machine.id, played.state.get("state"), played.settled is not None))
        self._keep(machine, attempt)
        machine.end()

    def _keep(self, machine, attempt):
        """What helps to find out why."""
        for name in ("/var/lib/runctl/guard.log", attempt.file("log"), attempt.file("events.jsonl"), attempt.file("journal.jsonl"),
                     attempt.file("state.json"), attempt.file("observation.json"), attempt.file("committed.jsonl")):
            if machine.exists(name):
                with open(os.path.join(self.folder, "%s.%s" % (machine.id, os.path.basename(name))), "wb") as file:
                    file.write(machine.read(name))

    # Waiting

    def _eventually(self, condition, what, seconds=END_SECONDS):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            time.sleep(0.05)
        raise Stuck("it did not happen within %g s: %s" % (seconds, what))

    def _sleep_until(self, at):
        time.sleep(max(0.0, at - time.monotonic()))

    def _in_background(self, act):
        def guarded():
            try:
                act()
            except Stuck as error:
                self.stuck.append(error)
            except Exception as error:
                self.say("in the background: %s: %s" % (type(error).__name__, error))
        thread = threading.Thread(target=guarded, daemon=True)
        self.threads.append(thread)
        thread.start()


def notes(path):
    with open(path) as file:
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)


def build(folder, mutant=None):
    """The guard program, once for all: as it is sent, with its bytecode. `mutant` changes the sources first."""
    import shutil
    sources, program = os.path.join(folder, "sources"), os.path.join(folder, "guard.pyz")
    shutil.copytree(SOURCES, sources, ignore=shutil.ignore_patterns("__pycache__", "*.csproj", "bin", "obj"))
    if mutant:
        mutant(sources)
    subprocess.run([sys.executable, "-m", "zipapp", sources, "-o", program], check=True)
    subprocess.run(["/usr/bin/python3", "-IBS", "-c", "import sys; sys.path.insert(0, sys.argv[1]); from runctl_guard.service import "
                    "bytecode_cache; bytecode_cache.keep(sys.argv[1])", program], check=True)
    return program
