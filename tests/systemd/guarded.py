"""A training under the guard on the machine, and what can be seen of it from outside."""
import gzip
import json
import os
import subprocess
import sys
import threading

from machine import eventually

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = "/var/lib/runctl/guard/guard.pyz"
GUARD = "runctl-guard.service"
BUCKET = "bucket"


def install(machine, program=PROGRAM):
    os.makedirs(os.path.dirname(machine.path(program)), exist_ok=True)
    subprocess.run([sys.executable, "-m", "zipapp", os.path.join(HERE, "..", "..", "src", "Runctl.Guard"), "-o",
                    machine.path(program)], check=True)


def guard(machine, *arguments, program=PROGRAM):
    """The answer of one of the guard's commands."""
    return json.loads(machine.as_agent("/usr/bin/python3", program, *arguments))


def end_notice(machine, cloud):
    """Until the guard has seen it too: a notice that stands interrupts the next training as well."""
    cloud.notice = None
    eventually(lambda: guard(machine, "status")["notice"] is None)


class Training:
    def __init__(self, machine, cloud, name, arguments=(), files=(os.path.join(HERE, "train.py"),), **changes):
        """`files` come into the project; the first of them is the script."""
        self.machine, self.s3, self.name = machine, cloud.s3, name
        self.id = name + "-20260131-120000-abcdef"
        self.unit = "runctl-training-%s-1.service" % self.id
        project = "/home/ubuntu/" + name
        for path in files:
            with open(path) as file:
                machine.write("%s/%s" % (project, os.path.basename(path)), file.read())
        machine.give_to_user(project)
        self.spec = {
            "schema": 1, "run_id": self.id, "project_name": name, "region": "us-east-1", "user": None, "python": None,
            "setup_command": None, "script": os.path.basename(files[0]), "arguments": list(arguments), "environment": {}, "code": None,
            "store": {"bucket": BUCKET, "prefix": "spot", "run_prefix": "runctl"}, "resume_arguments": [],
            "checkpoint": {"dir": "checkpoints", "save_interval": None, "mirror": False, "patterns": []},
            "policy": {"grace_seconds": 20.0, "guard_poll_seconds": 0.2, "on_exit": "keep"}, "target": None,
            "attempt": {"number": 1, "nonce": name, "node": 0, "nodes": 1, "resume_from": None}}
        self.spec.update(changes)
        self._claim()

    def _claim(self):
        """The attempt in the run's record, after those that were before it."""
        path = "/%s/runctl/runs/%s/run.json" % (BUCKET, self.id)
        record = json.loads(self.s3.objects.get(path, b"null").decode()) or {
            "schema": 1, "run_id": self.id, "outcome": None, "attempts": []}
        attempt = {name: self.spec["attempt"][name] for name in ("number", "nonce", "node", "nodes")}
        record["attempts"].append(dict(attempt, state="claimed"))
        self.s3.objects[path] = json.dumps(record).encode()

    def start(self):
        return guard(self.machine, "run", "--spec", self._write_spec())

    def start_in_background(self):
        command = ("/usr/bin/python3", PROGRAM, "run", "--spec", self._write_spec())
        caller = threading.Thread(target=self.machine.as_agent, args=command)
        caller.start()
        return caller

    def _write_spec(self):
        self.machine.write("/root/%s.json" % self.id, json.dumps(self.spec))
        return "/root/%s.json" % self.id

    def stop(self, grace=20):
        return guard(self.machine, "stop", "--run", self.id, "--grace", str(grace))

    # The run's directory

    def file(self, name):
        return "/var/lib/runctl/runs/%s/%s" % (self.id, name)

    def shared_file(self, name):
        """What the training reads or writes."""
        return "/var/lib/runctl-training/%s/%s" % (self.id, name)

    @property
    def state(self):
        return self.machine.json(self.file("state.json")) or {}

    @property
    def pid(self):
        return self.machine.json(self.file("training.json"))["pid"]

    def events(self, kind):
        lines = [json.loads(line) for line in self.machine.read(self.file("events.jsonl")).splitlines()]
        return [event for event in lines if event["kind"] == kind]

    def reaches(self, state):
        eventually(lambda: self.state.get("state") == state)

    def steps(self):
        return len(self.machine.read(self.shared_file("progress")).splitlines())

    def makes_steps(self, more=3):
        before = self.steps()
        eventually(lambda: self.steps() >= before + more)

    # The project

    def project(self, name):
        return "/home/ubuntu/%s/%s" % (self.name, name)

    def escaped(self):
        """The pid of the daemon that left the training."""
        return int(eventually(lambda: self.machine.exists(self.project("escaped"))
                              and self.machine.read(self.project("escaped"))))

    def signals(self):
        """How many a training got that was told to end."""
        return int(self.machine.read(self.file("log")).split(b"signals ")[1].split()[0])

    def saved_at_the_end(self):
        return "epoch_%d.pt" % self.steps()

    def end(self, code):
        self.machine.write(self.project("end"), str(code))

    # S3

    def record(self):
        return self.s3.json("runctl/runs/%s/run.json" % self.id)

    def committed(self):
        """Names of the checkpoints that have a manifest in S3."""
        keys = [key for key in self.s3.keys() if key.startswith("spot/") and key.endswith(".manifest.json")]
        return [body["name"] for body in map(self.s3.json, keys) if body["run_id"] == self.id]

    def shipped_log(self):
        base = "runctl/runs/%s/log/" % self.id
        return b"".join(gzip.decompress(self.s3.body(key)) for key in self.s3.keys() if key.startswith(base))
