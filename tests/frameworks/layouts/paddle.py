"""PaddleDetection: a folder with weights and optimizer under one prefix, the best and the newest under other names."""
from lib import *


def save(step):
    for name in [f"output/{step}", "output/latest"] + (["output/best_model"] if step == 40 else []):
        pickled(f"{d}/{name}/model.pdparams", {"step": step})
        pickled(f"{d}/{name}/model.pdopt", {"step": step})
        pickled(f"{d}/{name}/model.pdstates", {"step": step})


def load(path):
    if not path:
        return None
    found = set()
    for kind in ("pdparams", "pdopt", "pdstates"):
        with open(f"{path}/model.{kind}", "rb") as file:
            found.add(pickle.load(file)["step"])
    os.stat(f"{d}/output/best_model/model.pdparams")
    return found.pop() if len(found) == 1 else None


loop(save, load)
