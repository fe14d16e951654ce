"""accelerate's save_state with automatic names: numbered by save, not by step."""
from lib import *

saves = len(os.listdir(f"{d}/checkpoints")) if os.path.isdir(f"{d}/checkpoints") else 0
saved = []


def save(step):
    global saves
    if step in saved:
        return
    saved.append(step)
    g = f"{d}/checkpoints/checkpoint_{saves}"
    tensors(f"{g}/model.safetensors", step)
    for name in ("optimizer.bin", "scheduler.bin", "sampler.bin"):
        archive(f"{g}/{name}", step)
    pickled(f"{g}/random_states_0.pkl", {"step": step})
    pickled(f"{g}/custom_checkpoint_0.pkl", {"step": step})
    saves += 1


def load(path):
    if path is None:
        return None
    found = {step_of(f"{path}/{name}") for name in ("optimizer.bin", "scheduler.bin", "sampler.bin")}
    for name in ("random_states_0.pkl", "custom_checkpoint_0.pkl"):
        with open(f"{path}/{name}", "rb") as file:
            found.add(pickle.load(file)["step"])
    assert len(found | {whole_tensors(f"{path}/model.safetensors")}) == 1
    return found.pop()


loop(save, load)
