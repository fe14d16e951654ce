"""Weights in shards that an index names, as large models of transformers have them, written where they lie."""
from lib import *


def save(step):
    g = f"{d}/step-{step}"
    names = [f"model-{number:05}-of-00003.safetensors" for number in range(1, 4)]
    for name in names:
        tensors(f"{g}/{name}", step)
    text(f"{g}/model.safetensors.index.json", json.dumps({"metadata": {}, "weight_map": {f"w{i}": name for i, name in enumerate(names)}}))
    archive(f"{g}/optimizer.pt", step)


def load(path):
    if path is None:
        return None
    with open(f"{path}/model.safetensors.index.json") as file:
        shards = json.load(file)["weight_map"].values()
    steps = {whole_tensors(f"{path}/{name}") for name in shards} | {step_of(f"{path}/optimizer.pt")}
    assert len(steps) == 1
    return steps.pop()


loop(save, load)
