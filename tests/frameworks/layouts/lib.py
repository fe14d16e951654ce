"""A well-behaved trainer without a framework, and what it takes to write files of the kinds that frameworks write.

It uses nothing of Runctl but the plain contract: two variables, SIGTERM, --resume.
"""
import json
import os
import pickle
import signal
import struct
import sys
import time
import zipfile

d = os.environ["RUNCTL_CHECKPOINT_DIR"]
told = []
signal.signal(signal.SIGTERM, lambda *_: told.append(1))
EVERY = 40


def raw(path, data=None):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(os.urandom(4000) if data is None else data)


def text(path, content):
    raw(path, content.encode())


def archive(path, step):
    """As torch.save: a zip."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", pickle.dumps({"step": step}))
        file.writestr("archive/data/0", os.urandom(4000))


def step_of(path):
    """The step of such a zip; all of it is read."""
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        return pickle.loads(file.read("archive/data.pkl"))["step"]


def pickled(path, value):
    raw(path, pickle.dumps(value))


def tensors(path, step):
    """A .safetensors: the length of the header, the header, the data."""
    header = json.dumps({"__metadata__": {"step": str(step)},
                         "w": {"dtype": "F32", "shape": [1000], "data_offsets": [0, 4000]}}).encode()
    raw(path, struct.pack("<Q", len(header)) + header + os.urandom(4000))


def whole_tensors(path):
    """Its step, if all of it is there."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        assert len(file.read()) == header["w"]["data_offsets"][1]
    return int(header["__metadata__"]["step"])


def resume_argument():
    arguments = sys.argv[1:]
    return arguments[arguments.index("--resume") + 1] if "--resume" in arguments else None


def loop(save, load):
    """`save(step)` writes a checkpoint; `load(path)` gives its step, or None if there is nothing to resume from."""
    step = load(resume_argument())
    print("STARTED FROM SCRATCH" if step is None else "RESUMED at step %d" % step)
    step = step or 0
    while not told:
        time.sleep(0.2)
        step += 1
        with open(os.environ["RUNCTL_PROGRESS_FILE"], "a") as file:
            file.write("step %d\n" % step)
        if step % EVERY == 0:
            save(step)
    save(step)
    print("saved when it was told, at step", step)
