"""Megatron: a directory for each rank, and a text file with the number of the last save."""
from lib import *


def save(step):
    for rank in range(2):
        archive(f"{d}/iter_{step:07}/mp_rank_{rank:02}/model_optim_rng.pt", step)
    text(f"{d}/latest_checkpointed_iteration.txt", str(step))


def load(path):
    if not os.path.exists(f"{d}/latest_checkpointed_iteration.txt"):
        return None
    with open(f"{d}/latest_checkpointed_iteration.txt") as file:
        step = int(file.read())
    assert {step_of(f"{d}/iter_{step:07}/mp_rank_{rank:02}/model_optim_rng.pt") for rank in range(2)} == {step}
    return step


loop(save, load)
