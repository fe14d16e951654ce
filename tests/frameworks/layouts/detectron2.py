"""detectron2: last_checkpoint is a text file that names the newest, metrics.json a log of one object a line."""
from lib import *


def save(step):
    with open(f"{d}/metrics.json", "a") as file:
        file.write(json.dumps({"iteration": step}) + "\n")
    archive(f"{d}/model_{step:07}.pth", step)
    text(f"{d}/last_checkpoint", f"model_{step:07}.pth")


def load(path):
    if not os.path.exists(f"{d}/last_checkpoint"):
        return None
    with open(f"{d}/last_checkpoint") as file:
        return step_of(f"{d}/{file.read()}")


loop(save, load)
