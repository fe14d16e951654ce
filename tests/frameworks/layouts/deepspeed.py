"""DeepSpeed: a directory a save, a file for each rank and kind, and `latest`, which names the directory."""
from lib import *


def save(step):
    g = f"{d}/global_step{step}"
    archive(f"{g}/mp_rank_00_model_states.pt", step)
    for rank in range(2):
        archive(f"{g}/bf16_zero_pp_rank_{rank}_mp_rank_00_optim_states.pt", step)
    text(f"{d}/latest", f"global_step{step}")
    text(f"{d}/zero_to_fp32.py", "# converts a checkpoint\n")


def load(path):
    if not os.path.exists(f"{d}/latest"):
        return None
    with open(f"{d}/latest") as file:
        g = f"{d}/{file.read()}"
    found = {step_of(f"{g}/{name}") for name in os.listdir(g)}
    assert len(os.listdir(g)) == 3 and len(found) == 1
    return found.pop()


loop(save, load)
