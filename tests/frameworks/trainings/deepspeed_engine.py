"""DeepSpeed's engine under its launcher: a folder a save, and `latest`, by which it finds the newest itself."""
import argparse

import common
import deepspeed
import runctl_train
import torch

parser = argparse.ArgumentParser()
parser.add_argument("--local_rank", type=int)
parser.add_argument("--resume")
parser.parse_args()
torch.manual_seed(7)
model = torch.nn.Linear(16, 8)
engine = deepspeed.initialize(model=model, model_parameters=model.parameters(), config={
    "train_batch_size": 8, "optimizer": {"type": "Adam", "params": {"lr": 0.01, "torch_adam": True}}, "zero_optimization": {"stage": 1}})[0]
loaded, state = engine.load_checkpoint(runctl_train.checkpoint_dir())


def advance(step):
    engine.backward(engine(torch.randn(8, 16, device=engine.device)).square().mean())
    engine.step()


common.train(state["step"] if loaded else None, advance,
             lambda step: engine.save_checkpoint(runctl_train.checkpoint_dir(), client_state={"step": step}), together=True)
