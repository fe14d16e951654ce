"""`last` becomes `previous` before the next save is written."""
import shutil
from lib import *


def save(step):
    shutil.rmtree(f"{d}/previous", ignore_errors=True)
    if os.path.exists(f"{d}/last"):
        os.rename(f"{d}/last", f"{d}/previous")
    archive(f"{d}/last/model.pt", step)
    archive(f"{d}/last/optimizer.pt", step)


def load(path):
    if not path:
        return None
    assert os.path.basename(path) == "last" and step_of(f"{path}/model.pt") == step_of(f"{path}/optimizer.pt")
    return step_of(f"{path}/model.pt")


loop(save, load)
