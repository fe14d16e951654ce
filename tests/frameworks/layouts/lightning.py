"""Lightning with a ModelCheckpoint in the checkpoint directory: the newest is kept, the one before is deleted."""
import glob
from lib import *


def save(step):
    before = glob.glob(f"{d}/epoch=*.ckpt")
    archive(f"{d}/epoch={step // 80}-step={step}.ckpt", step)
    for old in before:
        if not told and not old.endswith(f"step={step}.ckpt"):
            os.remove(old)


loop(save, lambda path: step_of(path) if path else None)
