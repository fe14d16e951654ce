#!/usr/bin/env python3
"""Trains with PyTorch, and can be interrupted at any step. Needs torch.

SIGTERM leaves a note; the step in progress is finished, then all that the next step depends on is saved: weights, optimiser,
place in the data, random state. Two runs with the same arguments end with the same weights, interrupted or not.
"""
import argparse
import hashlib
import os
import signal
import sys
import time

import torch

checkpoint_dir = os.environ.get("RUNCTL_CHECKPOINT_DIR", "checkpoints")
stopping = False


def signal_handler(sig, frame):
    global stopping
    stopping = True
    print("Received SIGTERM, saving checkpoint...", flush=True)


def save_checkpoint(name, epoch, batch, order, model, optimizer, loss):
    """Written beside its name and renamed: a half-written file never looks like a checkpoint."""
    os.makedirs(checkpoint_dir, exist_ok=True)
    path = os.path.join(checkpoint_dir, name)
    torch.save({
        "epoch": epoch, "batch": batch, "order": order, "loss": loss,
        "model_state_dict": model.state_dict(), "optimizer_state_dict": optimizer.state_dict(),
        "random_state": torch.get_rng_state(),
    }, path + ".tmp")
    os.replace(path + ".tmp", path)
    print(f"Checkpoint saved: {path}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--step-seconds", type=float, default=0.0, help="slows a step down, to have time to interrupt it")
    parser.add_argument("--save-interval", type=int, default=int(os.environ.get("RUNCTL_SAVE_INTERVAL", "5")), help="epochs between checkpoints")
    parser.add_argument("--resume", metavar="CHECKPOINT")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal_handler)

    # One thread adds in one order, on every machine.
    torch.set_num_threads(1)
    torch.manual_seed(7)
    inputs = torch.randn(320, 16)
    targets = torch.sin(inputs.sum(dim=1, keepdim=True))
    model = torch.nn.Sequential(torch.nn.Linear(16, 32), torch.nn.Tanh(), torch.nn.Dropout(0.1), torch.nn.Linear(32, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    first_epoch, batch, order, loss = 0, 0, None, 0.0
    if arguments.resume:
        state = torch.load(arguments.resume, map_location="cpu")
        first_epoch, batch, order, loss = state["epoch"], state["batch"], state["order"], state["loss"]
        model.load_state_dict(state["model_state_dict"])
        optimizer.load_state_dict(state["optimizer_state_dict"])
        torch.set_rng_state(state["random_state"])
        print(f"resumed at epoch {first_epoch}, batch {batch}", flush=True)

    progress = open(os.environ.get("RUNCTL_PROGRESS_FILE", os.devnull), "a", buffering=1)
    for epoch in range(first_epoch, arguments.epochs):
        if order is None:
            order, batch, loss = torch.randperm(len(inputs)), 0, 0.0
        batches = order.split(32)
        while batch < len(batches):
            if stopping:
                step = epoch * len(batches) + batch
                save_checkpoint(f"step_{step}.pt", epoch, batch, order, model, optimizer, loss)
                sys.exit(0)
            chosen = batches[batch]
            optimizer.zero_grad()
            error = torch.nn.functional.mse_loss(model(inputs[chosen]), targets[chosen])
            error.backward()
            optimizer.step()
            loss += error.item()
            batch += 1
            progress.write(f"step {epoch * len(batches) + batch}\n")
            time.sleep(arguments.step_seconds)
        print(f"epoch {epoch}  loss {loss / len(batches):.5f}", flush=True)
        order = None
        if (epoch + 1) % arguments.save_interval == 0:
            save_checkpoint(f"epoch_{epoch + 1}.pt", epoch + 1, 0, None, model, optimizer, 0.0)

    weights = b"".join(value.numpy().tobytes() for value in model.state_dict().values())
    print(f"finished: {hashlib.sha256(weights).hexdigest()}", flush=True)


if __name__ == "__main__":
    main()
