#!/usr/bin/env python3
"""Trains two models that depend on each other, as a GAN does. A checkpoint is three files side by side: two models and a pointer to them.

Plain Python, no packages. Two runs with the same arguments end with the same weights, interrupted or not.
"""
import argparse
import json
import os
import random
import time
import zipfile

import runctl_train

directory = runctl_train.checkpoint_dir()


def write(name, state):
    """A model in a zip file, as torch.save writes it. The time in it is constant: equal weights give equal bytes."""
    def put(path):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(zipfile.ZipInfo("model.json"), json.dumps(state))
    runctl_train.atomic_save(os.path.join(directory, name), put)


def read(name):
    with zipfile.ZipFile(os.path.join(directory, name)) as archive:
        return json.loads(archive.read("model.json"))


def save(step, forger, judge, generator):
    write(f"forger_{step}.pt", {"weights": forger, "random": generator.getstate()})
    write(f"judge_{step}.pt", {"weights": judge})

    def point(path):
        with open(path, "w") as file:
            file.write(str(step))
    runctl_train.atomic_save(os.path.join(directory, "latest"), point)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--save-steps", type=int, default=100)
    parser.add_argument("--step-seconds", type=float, default=0.0, help="slows a step down, to have time to interrupt it")
    parser.add_argument("--resume", metavar="FILE", help="any file of the checkpoint; the pointer beside it says which one")
    arguments = parser.parse_args()

    generator, forger, judge, first = random.Random(7), [0.0, 0.0], [0.5, 0.5], 0
    if arguments.resume:
        with open(os.path.join(directory, "latest")) as file:
            first = int(file.read())
        state = read(f"forger_{first}.pt")
        forger, judge = state["weights"], read(f"judge_{first}.pt")["weights"]
        version, words, gauss = state["random"]
        generator.setstate((version, tuple(words), gauss))
        print(f"resumed at step {first}", flush=True)

    for step in range(first + 1, arguments.steps + 1):
        # The judge learns mean and spread of the real samples, and the forger follows the judge.
        real = generator.gauss(3.0, 2.0)
        judge = [judge[0] + 0.02 * (real - judge[0]), judge[1] + 0.02 * (abs(real - judge[0]) - judge[1])]
        forger = [weight + 0.05 * (target - weight) for weight, target in zip(forger, judge)]
        time.sleep(arguments.step_seconds)
        runctl_train.step(step)
        if runctl_train.stop_requested():
            save(step, forger, judge, generator)
            print(f"saved at step {step}, as asked", flush=True)
            return
        if step % arguments.save_steps == 0 or step == arguments.steps:
            save(step, forger, judge, generator)
            print(f"step {step}  forger {forger[0]:.4f}  judge {judge[0]:.4f}", flush=True)


if __name__ == "__main__":
    main()
