"""Two ranks under torchrun; each saves its part of the optimizer's state into the directory of the save."""
import os

import common
import runctl_train
import torch
import torch.distributed as distributed
from torch.distributed.optim import ZeroRedundancyOptimizer

distributed.init_process_group("gloo")
rank = distributed.get_rank()
torch.manual_seed(7)
model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(16, 8))
optimizer = ZeroRedundancyOptimizer(model.parameters(), torch.optim.Adam, lr=0.01)
step = None
if runctl_train.resume_path():
    state = torch.load(os.path.join(runctl_train.resume_path(), "rank_%d.pt" % rank))
    model.load_state_dict(state["model"])
    optimizer.optim.load_state_dict(state["optimizer"])
    step = state["step"]


def advance(step):
    some = torch.randn(8, 16, generator=torch.Generator().manual_seed(2 * step + rank))
    optimizer.zero_grad()
    model(some).square().mean().backward()
    optimizer.step()


def save(step):
    """Written where it lies: no rank waits for another before the directory has its name."""
    state = {"step": step, "model": model.state_dict(), "optimizer": optimizer.optim.state_dict()}
    folder = os.path.join(runctl_train.checkpoint_dir(), "step_%d" % step)
    runctl_train.atomic_save(os.path.join(folder, "rank_%d.pt" % rank), lambda staging: torch.save(state, staging))
    distributed.barrier()


common.train(step, advance, save, together=True)
distributed.destroy_process_group()
