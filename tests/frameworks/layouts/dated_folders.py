"""Hydra: a dated folder of the run with its settings and a log, and one file in it that each save replaces by the next."""
import glob
from lib import *

base = f"{d}/outputs/2026-01-31/12-00-00"
text(f"{base}/.hydra/config.yaml", "lr: 0.1\n")


def save(step):
    with open(f"{base}/main.log", "a") as file:
        file.write(f"saved {step}\n")
    before = glob.glob(f"{base}/checkpoints/*.ckpt")
    archive(f"{base}/checkpoints/step {step} é.ckpt", step)
    for old in before:
        os.remove(old)


def load(path):
    if not path:
        return None
    os.stat(f"{base}/.hydra/config.yaml")
    return step_of(path)


loop(save, load)
