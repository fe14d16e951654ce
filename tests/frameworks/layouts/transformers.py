"""The Trainer of transformers: directories of which the last two are kept; a name of its own while one is written."""
import shutil
from lib import *


def save(step):
    t, g = f"{d}/tmp-checkpoint-{step}", f"{d}/checkpoint-{step}"
    if os.path.exists(g):
        return
    tensors(f"{t}/model.safetensors", step)
    archive(f"{t}/optimizer.pt", step)
    archive(f"{t}/scheduler.pt", step)
    archive(f"{t}/rng_state.pth", step)
    archive(f"{t}/training_args.bin", step)
    text(f"{t}/config.json", "{}")
    text(f"{t}/trainer_state.json", json.dumps({"global_step": step, "log_history": []}))
    os.rename(t, g)
    kept = sorted((name for name in os.listdir(d) if name.startswith("checkpoint-")), key=lambda name: int(name[11:]))
    for name in kept[:-2]:
        shutil.rmtree(f"{d}/{name}")


def load(path):
    if path is None:
        return None
    with open(f"{path}/trainer_state.json") as file:
        step = json.load(file)["global_step"]
    names = ("optimizer.pt", "scheduler.pt", "rng_state.pth", "training_args.bin")
    assert {step_of(f"{path}/{name}") for name in names} | {whole_tensors(f"{path}/model.safetensors")} == {step}
    return step


loop(save, load)
