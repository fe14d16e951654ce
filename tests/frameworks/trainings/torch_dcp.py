"""torch.distributed.checkpoint: each rank writes its part, and .metadata is written last."""
import os

import common
import runctl_train
import torch
import torch.distributed as distributed
import torch.distributed.checkpoint as dcp
from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict

distributed.init_process_group("gloo")
torch.manual_seed(7)
model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(16, 8))
optimizer = torch.optim.Adam(model.parameters())
step = None
if runctl_train.resume_path():
    weights, state = get_state_dict(model, optimizer)
    everything = {"model": weights, "optimizer": state, "step": torch.zeros((), dtype=torch.int64)}
    dcp.load(everything, checkpoint_id=runctl_train.resume_path())
    set_state_dict(model, optimizer, model_state_dict=everything["model"], optim_state_dict=everything["optimizer"])
    step = int(everything["step"])


def advance(step):
    some = torch.randn(8, 16, generator=torch.Generator().manual_seed(2 * step + distributed.get_rank()))
    optimizer.zero_grad()
    model(some).square().mean().backward()
    optimizer.step()


def save(step):
    weights, state = get_state_dict(model, optimizer)
    dcp.save({"model": weights, "optimizer": state, "step": torch.tensor(step)},
             checkpoint_id=os.path.join(runctl_train.checkpoint_dir(), "step_%d" % step))


common.train(step, advance, save, together=True)
distributed.destroy_process_group()
