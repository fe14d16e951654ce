"""A save every second or so, in a folder of the experiment; only the newest is kept."""
import glob
from lib import *


def save(step):
    before = glob.glob(f"{d}/exp1/epoch_*.pt")
    archive(f"{d}/exp1/epoch_{step}.pt", step)
    for old in before:
        if not old.endswith(f"_{step}.pt"):
            os.remove(old)


import lib
lib.EVERY = 6
loop(save, lambda path: step_of(path) if path else None)
