"""LightGBM: the model is a text file, and nothing else is written."""
from lib import *


def save(step):
    text(f"{d}/model.txt.tmp", f"tree\nversion=v4\nstep={step}\n" + "leaf_value=0.1 0.2\n" * 200 + "end of parameters\n")
    os.replace(f"{d}/model.txt.tmp", f"{d}/model.txt")


def load(path):
    if path is None:
        return None
    with open(path) as file:
        lines = file.read().splitlines()
    assert lines[-1] == "end of parameters"
    return int(lines[2].split("=")[1])


loop(save, load)
