"""accelerate's launcher, and its save_state: a folder a save."""
import os

import common
import runctl_train
import torch
from accelerate import Accelerator


class Place:
    """The number of the step, saved and restored with the rest."""

    def __init__(self):
        self.step = 0

    def state_dict(self):
        return {"step": self.step}

    def load_state_dict(self, state):
        self.step = state["step"]


torch.manual_seed(7)
accelerator, place = Accelerator(), Place()
model = torch.nn.Linear(16, 1)
model, optimizer = accelerator.prepare(model, torch.optim.Adam(model.parameters()))
accelerator.register_for_checkpointing(place)
step = None
if runctl_train.resume_path():
    accelerator.load_state(runctl_train.resume_path())
    step = place.step


def advance(step):
    optimizer.zero_grad()
    accelerator.backward(model(torch.randn(8, 16, device=accelerator.device)).square().mean())
    optimizer.step()
    place.step = step


common.train(step, advance, lambda step: accelerator.save_state(os.path.join(runctl_train.checkpoint_dir(), "step_%d" % step)),
             together=True)
