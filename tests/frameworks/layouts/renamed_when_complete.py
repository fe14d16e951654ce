"""A directory of each save, under a name of the script's own until it is complete."""
from lib import *


def save(step):
    archive(f"{d}/_saving/model.pt", step)
    time.sleep(0.2 if told else 1.2)
    archive(f"{d}/_saving/optimizer.pt", step)
    os.rename(f"{d}/_saving", f"{d}/step_{step}")


def load(path):
    if not path:
        return None
    assert step_of(f"{path}/model.pt") == step_of(f"{path}/optimizer.pt")
    return step_of(f"{path}/model.pt")


loop(save, load)
