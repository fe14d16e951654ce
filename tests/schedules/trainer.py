"""The training of a schedule. It counts steps, saves, takes the stop signal as it was told to, and notes in a journal of its own, on
CLOCK_MONOTONIC, what it did: that journal says what must be in S3. It knows nothing of Runctl but RUNCTL_* of the environment.

    trainer.py [--resume CHECKPOINT]       with plan.json beside it
"""
import hashlib
import io
import json
import os
import pickle
import random
import shutil
import signal
import struct
import subprocess
import sys
import time
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
STEP_SECONDS = 0.1


def plan():
    with open(os.path.join(HERE, "plan.json")) as file:
        return json.load(file)


class Journal:
    def __init__(self, folder, attempt, rank):
        self._file = os.open(os.path.join(folder, "%s.%d.%d.jsonl" % (attempt, rank, os.getpid())),
                             os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def note(self, what, **data):
        os.write(self._file, (json.dumps(dict(data, what=what, t=time.monotonic())) + "\n").encode())


# What a save writes: for each file its path, its kind, and its share of the bytes, in order. `{n}` is the step.
LAYOUTS = {
    "single": [("model_{n}.pt", "zip", 1.0)],
    "in_place": [("last.pt", "zip", 1.0)],
    "renamed": [("last.pt", "zip", 1.0)],
    "pair": [("netG_{n}.pth", "zip", 0.6), ("netD_{n}.pth", "pickle", 0.4)],
    "folder": [("checkpoint-{n}/model.safetensors", "tensors", 0.5), ("checkpoint-{n}/optimizer.pt", "zip", 0.5),
               ("checkpoint-{n}/state.json", "json", 0.0)],
    "pointer": [("global_step{n}/model_states.pt", "zip", 0.5), ("global_step{n}/optim_states.pt", "zip", 0.5),
                ("latest", "name", 0.0)],
    "sharded": [("step_{n}/model-00001-of-00002.safetensors", "tensors", 0.5),
                ("step_{n}/model-00002-of-00002.safetensors", "tensors", 0.5),
                ("step_{n}/model.safetensors.index.json", "index", 0.0)],
}


def content(kind, size, meta):
    """Bytes that no other save has, of a kind that Runctl knows."""
    data = random.Random(json.dumps(meta, sort_keys=True)).randbytes(max(200, size))
    if kind == "zip":
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as file:
            file.writestr("archive/meta.json", json.dumps(meta))
            file.writestr("archive/data/0", data)
        return made.getvalue()
    if kind == "tensors":
        data = data[:len(data) // 4 * 4]
        header = json.dumps({"__metadata__": {"meta": json.dumps(meta)},
                             "w": {"dtype": "F32", "shape": [len(data) // 4], "data_offsets": [0, len(data)]}}).encode()
        return struct.pack("<Q", len(header)) + header + data
    if kind == "pickle":
        return pickle.dumps({"meta": meta, "data": data}, 4)
    if kind == "name":
        return ("global_step%d" % meta["step"]).encode()
    if kind == "index":
        return json.dumps({"metadata": meta, "weight_map": {
            "w1": "model-00001-of-00002.safetensors", "w2": "model-00002-of-00002.safetensors"}}).encode()
    return json.dumps(dict(meta, global_step=meta["step"])).encode()


def spoiled(data, kind):
    """As a bad disk leaves it."""
    if kind == "tensors":
        return data[:-len(data) // 3]
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1:]


class Trainer:
    def __init__(self, rank):
        self.plan, self.rank = plan(), rank
        self.attempt = int(os.environ["RUNCTL_ATTEMPT"])
        self.directory = os.environ["RUNCTL_CHECKPOINT_DIR"]
        self.journal = Journal(self.plan["journal"], "%d.%s" % (self.attempt, self.plan["instance"]), rank)
        self.ranks = self.plan["workers"]
        self.meeting = os.path.join(HERE, "meeting.%d" % self.attempt)
        os.makedirs(self.meeting, exist_ok=True)
        self.step = self.number = 0
        self.told_at = None
        self.begun = time.monotonic()
        self.next_save = self.begun + self.plan["every"]
        if self.plan["reaction"] in ("saves", "late", "hangs"):
            signal.signal(signal.SIGTERM, self.told)
        elif self.plan["reaction"] == "ignores":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def told(self, *_):
        self.journal.note("signal")
        self.told_at = self.told_at or time.monotonic()

    # Steps

    def run(self):
        self.resume()
        if self.rank == 0:
            self.lead()
        else:
            self.follow()

    def lead(self):
        """Rank 0 says what is next; the others do the same."""
        while True:
            act = self.next_act()
            self.order("%d %d %s" % (self.step + 1, self.number + (act != "step"), act))
            if not self.do(act):
                return

    def next_act(self):
        told_at = self.told_at
        if told_at is None and os.path.exists(os.path.join(self.meeting, "told")):
            told_at = self.told_at = time.monotonic()
        now = time.monotonic()
        ends = self.plan["ends_after"]
        if told_at is not None and now >= told_at + (self.plan["late"] if self.plan["reaction"] == "late" else 0.0):
            return "last"
        if ends is not None and now >= self.begun + ends:
            return "crash" if self.plan["exit_code"] else "last"
        if now >= self.next_save:
            self.next_save = now + self.plan["every"]
            return "save"
        return "step"

    def order(self, text):
        if self.ranks > 1:
            path = os.path.join(self.meeting, "turn")
            while True:
                try:
                    with open(path + ".new", "w") as file:
                        file.write(text)
                    break
                except OSError:
                    # On a full disk the ranks wait for each other, and none is left alone.
                    time.sleep(STEP_SECONDS)
            os.rename(path + ".new", path)

    def follow(self):
        done = 0
        while True:
            if self.told_at is not None:
                open(os.path.join(self.meeting, "told"), "w").close()
            try:
                with open(os.path.join(self.meeting, "turn")) as file:
                    step, number, act = file.read().split()
            except OSError:
                step, number, act = "0", "0", ""
            if int(step) <= done:
                time.sleep(0.02)
                continue
            done, self.step, self.number = int(step), int(step) - 1, int(number) - (act != "step")
            if not self.do(act):
                return

    def do(self, act):
        """False after the end."""
        if act == "crash":
            self.journal.note("exit", code=self.plan["exit_code"])
            os._exit(self.plan["exit_code"])
        time.sleep(STEP_SECONDS)
        self.step += 1
        self.journal.note("step", step=self.step)
        if self.rank == 0:
            with open(os.environ["RUNCTL_PROGRESS_FILE"], "a") as file:
                file.write("step %d\n" % self.step)
            if self.plan["log"]:
                self.append_to_log()
        if act != "step":
            self.save()
        if act == "last":
            self.journal.note("exit", code=0)
            return False
        return True

    def append_to_log(self):
        try:
            with open(os.path.join(self.directory, "train.log"), "a") as file:
                file.write("step %d\n" % self.step)
        except OSError:
            pass  # A full disk costs a line.

    # Saves

    def save(self):
        self.number += 1
        self.journal.note("begin", save=self.number, step=self.step, told=self.told_at is not None)
        try:
            self.write_files()
        except OSError as error:
            self.journal.note("failed", save=self.number, error=str(error))
            self.done()
            return
        self.journal.note("end", save=self.number)
        if self.rank == 0:
            self.rotate()

    def write_files(self):
        layout = LAYOUTS[self.plan["layout"]]
        mine = [position for position in range(len(layout)) if self.is_mine(position, layout)]
        for position in mine:
            path, kind, share = layout[position]
            path = path.replace("{n}", str(self.step))
            if kind in ("index", "json", "name") and self.ranks > 1:
                self.await_ranks()
            meta = {"seed": self.plan["seed"], "attempt": self.attempt, "save": self.number, "path": path, "step": self.step}
            data = content(kind, int(self.plan["size"] * share), meta)
            bad = self.number in self.plan["damaged"] and position == 0
            self.write(path, spoiled(data, kind) if bad else data, bad)
        self.done()

    def is_mine(self, position, layout):
        """Rank 1 writes the second file; rank 0 the rest, what completes a save last."""
        return self.ranks == 1 or len(layout) == 1 and self.rank == 0 or \
            len(layout) > 1 and (position == 1) == (self.rank == 1)

    def done(self):
        if self.ranks > 1:
            open(os.path.join(self.meeting, "saved.%d.%d" % (self.number, self.rank)), "w").close()
            self.await_ranks(own=True)

    def await_ranks(self, own=False):
        """A barrier: a rank goes on when the others, or all, have saved."""
        others = [os.path.join(self.meeting, "saved.%d.%d" % (self.number, rank)) for rank in range(self.ranks)
                  if own or rank != self.rank]
        while not all(map(os.path.exists, others)):
            time.sleep(0.01)

    def write(self, path, data, bad):
        place = os.path.join(self.directory, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        renamed = self.plan["layout"] == "renamed" or path == "latest"
        target = place + ".tmp" if renamed else place
        if os.path.exists(place) and not renamed:
            self.journal.note("over", path=path)
        # Before it is written: a training that dies right after the last byte has written all of it.
        self.journal.note("file", save=self.number, path=path, sha=hashlib.sha256(data).hexdigest(), size=len(data), bad=bad)
        pause, pieces = self.plan["write"] / 8, 8
        piece = len(data) // pieces + 1
        with open(target, "wb", buffering=0) as file:
            for start in range(0, len(data), piece):
                block = data[start:start + piece]
                # A full disk may take a part of it.
                while block:
                    block = block[file.write(block):]
                if pause:
                    time.sleep(pause)
                while self.told_at is not None and self.plan["reaction"] == "hangs":
                    time.sleep(1)
        self.journal.note("written", save=self.number)
        if renamed:
            if os.path.exists(place):
                self.journal.note("over", path=path)
            os.rename(target, place)

    def rotate(self):
        """Deletes what is older than the newest few, as frameworks do. What was restored stays."""
        self.saved = getattr(self, "saved", []) + [self.step]
        while self.plan["keep"] and len(self.saved) > self.plan["keep"]:
            old = self.saved.pop(0)
            for path, _, _ in LAYOUTS[self.plan["layout"]]:
                if "{n}" not in path:
                    continue
                path = path.replace("{n}", str(old))
                self.journal.note("deleted", path=path)
                folder = path.split("/")[0]
                if "/" in path:
                    shutil.rmtree(os.path.join(self.directory, folder), ignore_errors=True)
                elif os.path.exists(os.path.join(self.directory, path)):
                    os.unlink(os.path.join(self.directory, path))

    # Resuming

    def resume(self):
        arguments = sys.argv[1:]
        path = arguments[arguments.index("--resume") + 1] if "--resume" in arguments else None
        found = {}
        for folder, _, names in os.walk(self.directory):
            for name in names:
                place = os.path.join(folder, name)
                with open(place, "rb") as file:
                    found[os.path.relpath(place, self.directory)] = hashlib.sha256(file.read()).hexdigest()
        if path is not None:
            self.step = step_of(os.path.join(HERE, path), self.plan["layout"])
        self.journal.note("start", resume=path and os.path.relpath(os.path.join(HERE, path), self.directory), step=self.step,
                          files=found, pid=os.getpid(), resuming=os.environ.get("RUNCTL_RESUME_FROM"))


def step_of(path, layout):
    """What the head says; a framework would raise for anything but a whole one."""
    if layout == "sharded":
        path = os.path.join(path if os.path.isdir(path) else os.path.dirname(path), "model.safetensors.index.json")
        with open(path) as file:
            return json.load(file)["metadata"]["step"]
    if layout == "folder":
        with open(os.path.join(path if os.path.isdir(path) else os.path.dirname(path), "state.json")) as file:
            return json.load(file)["step"]
    if layout == "pointer" and os.path.isdir(path):
        path = os.path.join(path, "model_states.pt")
    if path.endswith(".pth") and "netD" in path:
        with open(path, "rb") as file:
            return pickle.load(file)["meta"]["step"]
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        return json.loads(file.read("archive/meta.json"))["step"]


def launch(kind, arguments):
    """The launchers that people have between the run and the training."""
    command = [sys.executable, os.path.abspath(__file__)] + arguments
    if kind == "popen":
        return subprocess.Popen(command).wait()
    workers = [subprocess.Popen(command, env=dict(os.environ, RANK=str(rank))) for rank in range(plan()["workers"])]

    def end(*_):
        """As torchrun's agent: it passes the signal on and gives the workers time."""
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, end)
    codes = [worker.wait() for worker in workers]
    return max(abs(code) for code in codes)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--launch"]:
        sys.exit(launch(sys.argv[2], sys.argv[3:]))
    Trainer(int(os.environ.get("RANK", "0"))).run()
