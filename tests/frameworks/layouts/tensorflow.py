"""tf.train.CheckpointManager: three files, of which a text file names the newest."""
from lib import *


def save(step):
    raw(f"{d}/ckpt-{step}.data-00000-of-00001")
    raw(f"{d}/ckpt-{step}.index")
    text(f"{d}/checkpoint", f'model_checkpoint_path: "ckpt-{step}"\nall_model_checkpoint_paths: "ckpt-{step}"\n')


def load(path):
    if not os.path.exists(f"{d}/checkpoint"):
        return None
    with open(f"{d}/checkpoint") as file:
        name = file.read().split('"')[1]
    for ending in (".index", ".data-00000-of-00001"):
        assert os.path.getsize(f"{d}/{name}{ending}") == 4000
    return int(name.split("-")[1])


loop(save, load)
