#!/usr/bin/env python3
"""Trains with PyTorch, and can be interrupted at any step. Needs torch; on a GPU it trains in mixed precision.

When Runctl asks to stop, the step in progress is finished, then all that the next step depends on is saved: weights, optimiser,
schedule, scale of the gradients, place in the data, random state. Two runs with the same arguments end with the same weights,
interrupted or not. Worker processes load the data: they are no part of what is saved.
"""
import argparse
import hashlib
import os
import time

import runctl_train
import torch
from torch.utils.data import DataLoader, TensorDataset


def save_checkpoint(name, state):
    path = os.path.join(runctl_train.checkpoint_dir(), name)
    runctl_train.atomic_save(path, lambda staging: torch.save(state, staging))
    print(f"Checkpoint saved: {path}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--workers", type=int, default=0, help="processes that load the data")
    parser.add_argument("--step-seconds", type=float, default=0.0, help="slows a step down, to have time to interrupt it")
    parser.add_argument("--save-interval", type=int, default=int(os.environ.get("RUNCTL_SAVE_INTERVAL", "5")), help="epochs between checkpoints")
    parser.add_argument("--resume", metavar="CHECKPOINT")
    arguments = parser.parse_args()

    # One thread adds in one order, on every machine.
    torch.set_num_threads(1)
    torch.manual_seed(7)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    inputs = torch.randn(320, 16)
    dataset = TensorDataset(inputs, torch.sin(inputs.sum(dim=1, keepdim=True)))
    model = torch.nn.Sequential(torch.nn.Linear(16, 32), torch.nn.Tanh(), torch.nn.Dropout(0.1), torch.nn.Linear(32, 1)).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / 50))
    scaler = torch.cuda.amp.GradScaler(enabled=device == "cuda")
    parts = {"model": model, "optimizer": optimizer, "scheduler": scheduler, "scaler": scaler}
    first_epoch, batch, order, loss = 0, 0, None, 0.0
    if runctl_train.resume_path():
        state = torch.load(runctl_train.resume_path(), map_location="cpu")
        for name, part in parts.items():
            part.load_state_dict(state[name])
        first_epoch, batch, order, loss = state["epoch"], state["batch"], state["order"], state["loss"]
        torch.set_rng_state(state["random"])
        if device == "cuda":
            torch.cuda.set_rng_state_all(state["cuda_random"])
        print(f"resumed at epoch {first_epoch}, batch {batch}", flush=True)

    def state(epoch, batch, order, loss):
        return dict({name: part.state_dict() for name, part in parts.items()}, epoch=epoch, batch=batch, order=order, loss=loss,
                    random=torch.get_rng_state(), cuda_random=torch.cuda.get_rng_state_all() if device == "cuda" else None)

    for epoch in range(first_epoch, arguments.epochs):
        if order is None:
            order, batch, loss = torch.randperm(len(dataset)), 0, 0.0
        batches = [chosen.tolist() for chosen in order.split(32)]
        # The rest of the epoch. Its generator is the loader's own: what seeds the workers is not missing in the training's.
        loader = DataLoader(dataset, batch_sampler=batches[batch:], num_workers=arguments.workers, generator=torch.Generator())
        for some, targets in loader:
            optimizer.zero_grad()
            with torch.autocast(device, enabled=device == "cuda"):
                error = torch.nn.functional.mse_loss(model(some.to(device)), targets.to(device))
            scaler.scale(error).backward()
            scaler.step(optimizer)
            scaler.update()
            scheduler.step()
            loss += error.item()
            batch += 1
            step = epoch * len(batches) + batch
            runctl_train.step(step)
            time.sleep(arguments.step_seconds)
            if runctl_train.stop_requested():
                save_checkpoint(f"step_{step}.pt", state(epoch, batch, order, loss))
                return
        print(f"epoch {epoch}  loss {loss / len(batches):.5f}", flush=True)
        order = None
        if (epoch + 1) % arguments.save_interval == 0:
            save_checkpoint(f"epoch_{epoch + 1}.pt", state(epoch + 1, 0, None, 0.0))

    weights = b"".join(value.cpu().numpy().tobytes() for value in model.state_dict().values())
    print(f"finished: {hashlib.sha256(weights).hexdigest()}", flush=True)


if __name__ == "__main__":
    main()
