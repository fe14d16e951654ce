"""Lightning with its default folders: checkpoints deep in one of each attempt, beside logs that stay open."""
import glob
from lib import *

version = len(glob.glob(f"{d}/lightning_logs/version_*"))
base = f"{d}/lightning_logs/version_{version}"
text(f"{base}/hparams.yaml", "lr: 0.1\n")
events = open(f"{base}/events.out.tfevents.1.host.1.0", "ab")


def save(step):
    events.write(b"e" * 100)
    events.flush()
    for old in glob.glob(f"{base}/checkpoints/*.ckpt"):
        os.remove(old)
    archive(f"{base}/checkpoints/epoch={step // 80}-step={step}.ckpt", step)


loop(save, lambda path: step_of(path) if path else None)
