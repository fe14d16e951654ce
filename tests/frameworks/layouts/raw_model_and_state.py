"""Raw bytes: a model and an optimizer's state several times as large, as llm.c writes them; an empty file says that both are done."""
import re
from lib import *


def save(step):
    raw(f"{d}/model_{step:08d}.bin", struct.pack("<Q", step) + os.urandom(4000))
    raw(f"{d}/state_{step:08d}_00000.bin", struct.pack("<Q", step) + os.urandom(24000))
    raw(f"{d}/DONE_{step:08d}", b"")


def load(path):
    if not path:
        return None
    step = int(re.search(r"model_(\d+)\.bin$", path).group(1))
    with open(f"{d}/state_{step:08d}_00000.bin", "rb") as file:
        assert struct.unpack("<Q", file.read(8))[0] == step
    assert os.path.exists(f"{d}/DONE_{step:08d}")
    return step


loop(save, load)
