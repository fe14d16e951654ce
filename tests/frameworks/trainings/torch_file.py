"""One file a save, with a DataLoader whose workers are alive when the training is told to stop."""
import itertools
import os

import common
import runctl_train
import torch
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(7)
inputs = torch.randn(640, 16)
data = TensorDataset(inputs, torch.sin(inputs.sum(dim=1, keepdim=True)))
model = torch.nn.Linear(16, 1)
optimizer = torch.optim.Adam(model.parameters())
batches = itertools.cycle(DataLoader(data, batch_size=4, num_workers=2))
step = None
if runctl_train.resume_path():
    state = torch.load(runctl_train.resume_path())
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    step = state["step"]


def advance(_):
    some, targets = next(batches)
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(some), targets).backward()
    optimizer.step()


def save(step):
    state = {"step": step, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
    path = os.path.join(runctl_train.checkpoint_dir(), "step_%d.pt" % step)
    runctl_train.atomic_save(path, lambda staging: torch.save(state, staging))


common.train(step, advance, save)
