#!/usr/bin/env python3
"""Trains on several workers under torchrun (see train_torchrun.sh), and can be interrupted at any step. Needs torch.

torchrun passes SIGTERM on to its workers, each at a moment of its own; they agree on the step they stop after. The first worker
saves. Same arguments and number of workers: same weights in the end, interrupted or not.
"""
import argparse
import hashlib
import os
import signal
import time

import torch
import torch.distributed as distributed

checkpoint_dir = os.environ.get("RUNCTL_CHECKPOINT_DIR", "checkpoints")
stopping = False


def note_stop(signum, frame):
    global stopping
    stopping = True


def save(step, model, optimizer):
    os.makedirs(checkpoint_dir, exist_ok=True)
    path = os.path.join(checkpoint_dir, f"step_{step}.pt")
    torch.save({"step": step, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, path + ".tmp")
    os.replace(path + ".tmp", path)
    print(f"saved {path}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--step-seconds", type=float, default=0.0, help="slows a step down, to have time to interrupt it")
    parser.add_argument("--save-steps", type=int, default=50)
    parser.add_argument("--resume", metavar="CHECKPOINT")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, note_stop)
    torch.set_num_threads(1)
    distributed.init_process_group("gloo")
    rank = distributed.get_rank()
    torch.manual_seed(7)
    model = torch.nn.Sequential(torch.nn.Linear(16, 32), torch.nn.Tanh(), torch.nn.Linear(32, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    first = 0
    if arguments.resume:
        state = torch.load(arguments.resume, map_location="cpu")
        first = state["step"]
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        if rank == 0:
            print(f"resumed at step {first}", flush=True)
    progress = open(os.environ.get("RUNCTL_PROGRESS_FILE", os.devnull) if rank == 0 else os.devnull, "a", buffering=1)
    parallel = torch.nn.parallel.DistributedDataParallel(model)
    step = first
    for step in range(first + 1, arguments.steps + 1):
        # The data of a step depends on the step and the worker alone, so that nothing of it has to be saved.
        generator = torch.Generator().manual_seed(step * 1000 + rank)
        inputs = torch.randn(32, 16, generator=generator)
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(parallel(inputs), torch.sin(inputs.sum(dim=1, keepdim=True))).backward()
        optimizer.step()
        progress.write(f"step {step}\n")
        time.sleep(arguments.step_seconds)
        told = torch.tensor([int(stopping)])
        distributed.all_reduce(told, op=distributed.ReduceOp.MAX)
        if rank == 0 and (told.item() or step % arguments.save_steps == 0):
            save(step, model, optimizer)
        if told.item():
            break
    else:
        if rank == 0:
            weights = b"".join(value.numpy().tobytes() for value in model.state_dict().values())
            print(f"finished: {hashlib.sha256(weights).hexdigest()}", flush=True)
    # Nobody leaves while the first worker saves: torchrun ends the others with the first that goes.
    distributed.barrier()
    if stopping:
        print(f"worker {rank} was told to stop, and did after step {step}", flush=True)
    distributed.destroy_process_group()


if __name__ == "__main__":
    main()
