"""What the trainings share. They use runctl_train, which the guard has put where Python finds it."""
import os
import time

import runctl_train

EVERY = 40


def begin(step):
    """Says where it goes on: `step` is that of the checkpoint, or None. Returns the number of steps that are done."""
    if int(os.environ.get("RANK", "0")) == 0:
        print("STARTED FROM SCRATCH" if step is None else "RESUMED at step %d" % step, flush=True)
    return step or 0


def pace():
    """A step takes a while, so that it can be interrupted between two saves."""
    time.sleep(0.15)


def train(step, advance, save, together=False):
    """Until it is told to stop. `advance(step)` is one step; `save(step)` writes a checkpoint, in every rank."""
    step = begin(step)
    while True:
        step += 1
        advance(step)
        pace()
        runctl_train.step(step)
        told = runctl_train.stop_requested(together)
        if told or step % EVERY == 0:
            save(step)
        if told:
            return
