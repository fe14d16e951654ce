"""What a training script can use of Runctl, in one file: a script works without it, and this works without Runctl.

    import torch, runctl_train

    state = load(runctl_train.resume_path())
    for step in range(state.step + 1, steps + 1):
        train(state)
        runctl_train.step(step)
        if runctl_train.stop_requested():
            path = runctl_train.checkpoint_dir() + "/step_%d.pt" % step
            runctl_train.atomic_save(path, lambda path: torch.save(state, path))
            break

Under Runctl `import runctl_train` works as it is: the guard puts this file at the end of PYTHONPATH. For a local run copy it
beside the script. It needs Python 3.8 or later, on any system, and nothing but the standard library.
"""
import errno
import importlib
import os
import shutil
import signal
import sys
import threading
import warnings

__all__ = ["stop_requested", "step", "checkpoint_dir", "resume_path", "atomic_save", "TransformersCallback",
           "LightningCallback"]

_told = False
# The signal that _handle stands for, and the handler before it.
_number = None
_before = None
# The descriptor of the progress file; -1 if there is none to write to.
_progress = None


def stop_requested(together=False):
    """Whether the training shall save and end. Ask it after every step; it costs about a microsecond.

    The first call in the main thread installs a handler for the stop signal (SIGTERM, or RUNCTL_STOP_SIGNAL), which calls the
    handler that was there. The file RUNCTL_STOP_FILE is a request too. With `together` the ranks of a torch.distributed job
    agree: all call it at the same step, and all get True if one of them was told.
    """
    if _number is None:
        _install()
    told = _told
    if not told:
        path = os.environ.get("RUNCTL_STOP_FILE")
        told = bool(path) and os.path.exists(path)
    return _of_any_rank(told) if together else told


def step(number):
    """Reports a step as finished. Of several ranks on a machine the first one reports; without Runctl it does nothing."""
    global _progress
    if _progress is None:
        _progress = _open_progress()
    if _progress >= 0:
        try:
            os.write(_progress, b"step %d\n" % int(number))
        except OSError as error:
            _no_progress(error)


def checkpoint_dir():
    """The folder that Runctl uploads checkpoints from; without Runctl `checkpoints`. It exists afterwards."""
    path = os.environ.get("RUNCTL_CHECKPOINT_DIR") or "checkpoints"
    os.makedirs(path, exist_ok=True)
    return path


def resume_path():
    """The checkpoint to resume from, or None: what Runctl restored, else what the argument --resume names."""
    found = os.environ.get("RUNCTL_RESUME_FROM")
    if found:
        return found
    for one, following in zip(sys.argv[1:], sys.argv[2:] + ["-"]):
        if one.startswith("--resume="):
            found = one[len("--resume="):]
        elif one == "--resume" and not following.startswith("-"):
            found = following
    return found or None


def atomic_save(path, write):
    """Calls `write(staging)`, which makes a file or a folder of that name, and renames it to `path` once it is on the disk.

    `staging` is a path in the same folder with the same ending; Runctl never takes it for a checkpoint. Returns `path`.
    If a folder is to be replaced there is a moment without one: give each save a name of its own.
    """
    path = os.fspath(path)
    folder, name = os.path.split(os.path.abspath(path))
    os.makedirs(folder, exist_ok=True)
    stem, ending = os.path.splitext(name)
    staging = os.path.join(folder, "%s.tmp-%d%s" % (stem, os.getpid(), ending))
    _remove(staging)
    try:
        write(staging)
        if not os.path.exists(staging):
            raise FileNotFoundError(errno.ENOENT, "The save of %s did not write this file or folder" % path, staging)
        _sync_all(staging)
        if os.path.isdir(staging) and os.path.isdir(path) and not os.path.islink(path):
            old = os.path.join(folder, "%s.tmp-old-%d%s" % (stem, os.getpid(), ending))
            _remove(old)
            os.replace(path, old)
            os.replace(staging, path)
            _remove(old)
        else:
            os.replace(staging, path)
    except BaseException:
        _remove(staging)
        raise
    _sync_folder(folder)
    return path


# The stop signal


def _install():
    global _number, _before
    if threading.current_thread() is not threading.main_thread() or _is_worker():
        return
    name = os.environ.get("RUNCTL_STOP_SIGNAL") or "SIGTERM"
    number = int(name) if name.isdigit() else getattr(signal, name if name.startswith("SIG") else "SIG" + name)
    before = signal.getsignal(number)
    if before is None or not callable(before) and _is_caught(number):
        # By native code, as JAX' preemption service: it cannot be called from here.
        warnings.warn("A library that is not Python handles %s: only RUNCTL_STOP_FILE is seen." % signal.Signals(number).name)
    else:
        signal.signal(number, _handle)
    _number, _before = number, before


def _handle(number, frame):
    global _told
    _told = True
    # The one that Python brings for SIGINT would end the training here.
    if callable(_before) and _before is not signal.default_int_handler:
        _before(number, frame)


def _is_caught(number):
    """What the kernel says: Python knows its own handlers only. False where that cannot be read."""
    if not os.path.exists("/proc/self/status"):
        return False
    with open("/proc/self/status") as file:
        caught = next(line for line in file if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> number - 1 & 1)


def _is_worker():
    """Whether this is a helper such as a DataLoader worker: it ends with its trainer, and by the signal."""
    processes = sys.modules.get("multiprocessing.process")
    return processes is not None and processes.current_process().daemon


def _in_child():
    """After a fork: the child dies of the signal again, unless it asks for itself, and reports no steps of its parent's."""
    global _told, _number, _before, _progress
    if _number is not None and signal.getsignal(_number) is _handle:
        signal.signal(_number, _before)
    if _progress is not None and _progress >= 0:
        os.close(_progress)
    _told, _number, _before, _progress = False, None, None, None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)


def _of_any_rank(told):
    distributed = sys.modules.get("torch.distributed")
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return told
    torch = sys.modules["torch"]
    backend = distributed.get_backend()
    device = "cpu" if "gloo" in backend or "mpi" in backend else "cuda"
    if device == "cuda" and hasattr(torch, "accelerator"):
        device = torch.accelerator.current_accelerator()
    value = torch.tensor([int(told)], device=device)
    distributed.all_reduce(value, op=distributed.ReduceOp.MAX)
    return bool(value.item())


# Steps


def _open_progress():
    path = os.environ.get("RUNCTL_PROGRESS_FILE")
    ranks = ("LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "SLURM_LOCALID")
    rank = next((os.environ[name] for name in ranks if os.environ.get(name)), "0")
    if path and rank == "0" and not _is_worker():
        try:
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            _no_progress(error)
    return -1


def _no_progress(error):
    """A training goes on without it. A full disk may have room again, so the next step is tried; the warning comes once."""
    warnings.warn("Steps cannot be reported to Runctl: %s" % error, stacklevel=3)


# Files


def _sync_all(path):
    if not os.path.isdir(path):
        return _sync(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    for folder, _, names in os.walk(path):
        for name in names:
            if os.path.isfile(os.path.join(folder, name)):
                _sync_all(os.path.join(folder, name))
        _sync_folder(folder)


def _sync_folder(path):
    # Windows has no such thing, and some network file systems refuse it.
    if os.name != "nt":
        _sync(path, os.O_RDONLY, (errno.EINVAL, errno.ENOTSUP))


def _sync(path, flags, tolerated=()):
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in tolerated:
            raise
    finally:
        os.close(descriptor)


def _remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.remove(path)


# Frameworks: Trainer(..., callbacks=[runctl_train.TransformersCallback()]), likewise LightningCallback


def _transformers():
    class TransformersCallback(importlib.import_module("transformers").TrainerCallback):
        __qualname__ = "TransformersCallback"

        def on_train_begin(self, args, state, control, **kwargs):
            stop_requested()

        def on_step_end(self, args, state, control, **kwargs):
            step(state.global_step)
            if stop_requested(together=True):
                control.should_save = control.should_training_stop = True
            return control
    return TransformersCallback


def _beside_others(trainer):
    """Where its own checkpoints are, if Runctl keeps what is there: one more of the same kind."""
    kept = os.path.realpath(checkpoint_dir())
    folder = getattr(getattr(trainer, "checkpoint_callback", None), "dirpath", None) or kept
    return folder if (os.path.realpath(folder) + os.sep).startswith(kept + os.sep) else kept


def _lightning():
    names = ("lightning.pytorch", "pytorch_lightning")
    package = next((name for name in names if name in sys.modules), names[0])

    class LightningCallback(importlib.import_module(package).Callback):
        __qualname__ = "LightningCallback"
        _saved = None

        def on_train_start(self, trainer, pl_module):
            stop_requested()

        def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
            step(trainer.global_step)
            if stop_requested(together=True):
                self._save(trainer)
                trainer.should_stop = True

        def on_exception(self, trainer, pl_module, exception):
            # Lightning ends by SystemExit if the signal came while it validated.
            if isinstance(exception, SystemExit) and stop_requested():
                self._save(trainer)

        def _save(self, trainer):
            if self._saved != trainer.global_step:
                self._saved = trainer.global_step
                name = "epoch=%d-step=%d.ckpt" % (trainer.current_epoch, trainer.global_step)
                trainer.save_checkpoint(os.path.join(_beside_others(trainer), name))
    return LightningCallback


def __getattr__(name):
    make = {"TransformersCallback": _transformers, "LightningCallback": _lightning}.get(name)
    if make is None:
        raise AttributeError("module %r has no attribute %r" % (__name__, name))
    globals()[name] = make()
    return globals()[name]
