#!/usr/bin/env python3
"""Trains on several workers under torchrun (see train_torchrun.sh), and can be interrupted at any step. Needs torch.

The workers are told to stop each at a moment of its own; they agree on the step they stop after. Each saves its part of the
optimiser's state, the first one the weights as well, into one directory that gets its name when all is there. Same arguments and
number of workers: same weights in the end, interrupted or not.
"""
import argparse
import hashlib
import os
import shutil
import time

import runctl_train
import torch
import torch.distributed as distributed
from torch.distributed.optim import ZeroRedundancyOptimizer


def save(step, model, optimizer):
    """Every worker calls it: the first one makes the directory, and names it when all have written into it."""
    rank = distributed.get_rank()
    path = os.path.join(runctl_train.checkpoint_dir(), f"step_{step}")
    unfinished = path + ".tmp"
    if rank == 0:
        shutil.rmtree(unfinished, ignore_errors=True)
        os.makedirs(unfinished)
        torch.save({"step": step, "model": model.state_dict()}, os.path.join(unfinished, "model.pt"))
    distributed.barrier()
    torch.save(optimizer.optim.state_dict(), os.path.join(unfinished, f"optimizer_{rank}.pt"))
    distributed.barrier()
    if rank == 0:
        shutil.rmtree(path, ignore_errors=True)
        os.replace(unfinished, path)
        print(f"saved {path}", flush=True)
    # None leaves before: torchrun ends the others with the first that goes.
    distributed.barrier()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--step-seconds", type=float, default=0.0, help="slows a step down, to have time to interrupt it")
    parser.add_argument("--save-steps", type=int, default=50)
    parser.add_argument("--resume", metavar="CHECKPOINT")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    distributed.init_process_group("gloo")
    rank = distributed.get_rank()
    torch.manual_seed(7)
    model = torch.nn.Sequential(torch.nn.Linear(16, 32), torch.nn.Tanh(), torch.nn.Linear(32, 1))
    parallel = torch.nn.parallel.DistributedDataParallel(model)
    optimizer = ZeroRedundancyOptimizer(parallel.parameters(), torch.optim.Adam, lr=0.01)
    step = 0
    if runctl_train.resume_path():
        state = torch.load(os.path.join(runctl_train.resume_path(), "model.pt"), map_location="cpu")
        step = state["step"]
        model.load_state_dict(state["model"])
        optimizer.optim.load_state_dict(torch.load(os.path.join(runctl_train.resume_path(), f"optimizer_{rank}.pt"), map_location="cpu"))
        if rank == 0:
            print(f"resumed at step {step}", flush=True)
    told = False
    while step < arguments.steps and not told:
        step += 1
        # The data of a step depends on the step and the worker alone, so that nothing of it has to be saved.
        generator = torch.Generator().manual_seed(step * 1000 + rank)
        inputs = torch.randn(32, 16, generator=generator)
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(parallel(inputs), torch.sin(inputs.sum(dim=1, keepdim=True))).backward()
        optimizer.step()
        runctl_train.step(step)
        time.sleep(arguments.step_seconds)
        told = runctl_train.stop_requested(together=True)
        if told or step % arguments.save_steps == 0:
            save(step, model, optimizer)
    if told:
        # As one piece: the workers share the log.
        print(f"worker {rank} was told to stop, and did after step {step}\n", end="", flush=True)
    elif rank == 0:
        weights = b"".join(value.numpy().tobytes() for value in model.state_dict().values())
        print(f"finished: {hashlib.sha256(weights).hexdigest()}", flush=True)
    distributed.destroy_process_group()


if __name__ == "__main__":
    main()
