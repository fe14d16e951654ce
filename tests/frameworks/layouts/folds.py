"""Cross-validation: the models of finished folds stay as they are, and the training needs them all."""
from lib import *


def save(step):
    fold = (step - 1) // 80
    archive(f"{d}/fold_{fold}/last.pt", step)
    text(f"{d}/state.json", json.dumps({"step": step, "fold": fold}))


def load(path):
    if not os.path.exists(f"{d}/state.json"):
        return None
    with open(f"{d}/state.json") as file:
        state = json.load(file)
    for fold in range(state["fold"] + 1):
        step_of(f"{d}/fold_{fold}/last.pt")
    assert step_of(f"{d}/fold_{state['fold']}/last.pt") == state["step"]
    return state["step"]


loop(save, load)
