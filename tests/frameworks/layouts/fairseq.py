"""fairseq: each save under its number, and once more as checkpoint_last.pt and checkpoint_best.pt."""
import shutil
from lib import *


def save(step):
    archive(f"{d}/checkpoint_1_{step}.pt", step)
    for name in ("best", "last"):
        shutil.copyfile(f"{d}/checkpoint_1_{step}.pt", f"{d}/checkpoint_{name}.pt")


loop(save, lambda path: step_of(f"{d}/checkpoint_last.pt") if path else None)
