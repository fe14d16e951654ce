"""Reinforcement learning: the model, and a replay buffer that is much larger."""
from lib import *


def save(step):
    archive(f"{d}/rl_model_{step}_steps.zip", step)
    pickled(f"{d}/rl_model_replay_buffer_{step}_steps.pkl", {"step": step, "buffer": os.urandom(200000)})


def load(path):
    if path is None:
        return None
    with open(path.replace("rl_model_", "rl_model_replay_buffer_").replace(".zip", ".pkl"), "rb") as file:
        assert pickle.load(file)["step"] == step_of(path)
    return step_of(path)


loop(save, load)
