#!/usr/bin/env python3
"""Trains a small network on handwritten digits, and can be interrupted at any step without losing one.

Plain Python, no packages. What makes it safe to interrupt:
  * SIGTERM sets a flag; the step in progress is finished, then everything is saved and the process ends.
  * A checkpoint holds all that the next step depends on: weights, optimiser, random state, position inside the epoch.
  * It is written beside its final name and renamed, so a half-written file never looks like a checkpoint.
  * Each finished step is told through RUNCTL_PROGRESS_FILE, so that Runctl can say how many were lost.
Two runs with the same arguments give the same weights to the last bit, interrupted or not.
"""
import argparse
import csv
import json
import math
import os
import random
import signal
import sys
import time
from operator import mul

HERE = os.path.dirname(os.path.abspath(__file__))
INPUTS, HIDDEN, CLASSES = 64, 24, 10
TEST_SHARE = 297  # the last 297 of the 1,797 digits are kept for measuring accuracy

stop_requested = False


def request_stop(signum, frame):
    """The handler only leaves a note: saving in the middle of a step would save half a step."""
    global stop_requested
    stop_requested = True
    print("Received SIGTERM, saving after this step...", flush=True)


def load_digits(path):
    with open(path, newline="") as file:
        rows = [[int(cell) for cell in row] for row in csv.reader(file)]
    return [([pixel / 16.0 for pixel in row[:INPUTS]], row[INPUTS]) for row in rows]


class Trainer:
    """The whole state of a training; `state` and `restore` are each other's inverse."""

    def __init__(self, examples, seed, epochs, batch_size, learning_rate):
        self.train, self.test = examples[:-TEST_SHARE], examples[-TEST_SHARE:]
        self.epochs, self.batch_size, self.learning_rate = epochs, batch_size, learning_rate
        self.random = random.Random(seed)
        self.weights = {
            "hidden": self._matrix(HIDDEN, INPUTS + 1),
            "output": self._matrix(CLASSES, HIDDEN + 1),
        }
        self.velocity = {name: [[0.0] * len(row) for row in rows] for name, rows in self.weights.items()}
        self.epoch, self.step, self.position, self.loss = 1, 0, 0, 0.0
        self.order = self._shuffled()

    def _matrix(self, rows, columns):
        scale = 1.0 / math.sqrt(columns)
        return [[self.random.uniform(-scale, scale) for _ in range(columns)] for _ in range(rows)]

    def _shuffled(self):
        order = list(range(len(self.train)))
        self.random.shuffle(order)
        return order

    def forward(self, pixels):
        inputs = pixels + [1.0]
        hidden = [math.tanh(sum(map(mul, row, inputs))) for row in self.weights["hidden"]] + [1.0]
        scores = [sum(map(mul, row, hidden)) for row in self.weights["output"]]
        highest = max(scores)
        powers = [math.exp(score - highest) for score in scores]
        total = sum(powers)
        return inputs, hidden, [power / total for power in powers]

    def run_step(self):
        """One batch: gradients, momentum, update."""
        batch = self.order[self.position:self.position + self.batch_size]
        gradient = {name: [[0.0] * len(row) for row in rows] for name, rows in self.weights.items()}
        for index in batch:
            pixels, label = self.train[index]
            inputs, hidden, shares = self.forward(pixels)
            self.loss -= math.log(max(shares[label], 1e-12))
            errors = [share - (digit == label) for digit, share in enumerate(shares)]
            back = [0.0] * HIDDEN
            for error, row, weights in zip(errors, gradient["output"], self.weights["output"]):
                for unit in range(HIDDEN + 1):
                    row[unit] += error * hidden[unit]
                for unit in range(HIDDEN):
                    back[unit] += error * weights[unit]
            for unit, row in enumerate(gradient["hidden"]):
                slope = back[unit] * (1.0 - hidden[unit] * hidden[unit])
                for pixel, value in enumerate(inputs):
                    if value:
                        row[pixel] += slope * value
        rate = self.learning_rate / len(batch)
        for name, rows in self.weights.items():
            for weights, velocity, slopes in zip(rows, self.velocity[name], gradient[name]):
                for i, slope in enumerate(slopes):
                    velocity[i] = 0.9 * velocity[i] - rate * slope
                    weights[i] += velocity[i]
        self.position += len(batch)
        self.step += 1

    def epoch_is_over(self):
        return self.position >= len(self.order)

    def begin_next_epoch(self):
        self.epoch, self.position, self.loss = self.epoch + 1, 0, 0.0
        self.order = self._shuffled()

    def accuracy(self):
        hits = 0
        for pixels, label in self.test:
            shares = self.forward(pixels)[2]
            hits += shares.index(max(shares)) == label
        return hits / len(self.test)

    def state(self):
        version, words, gauss = self.random.getstate()
        return {
            "epoch": self.epoch, "step": self.step, "position": self.position, "loss": self.loss, "order": self.order,
            "weights": self.weights, "velocity": self.velocity, "random": [version, list(words), gauss],
        }

    def restore(self, state):
        version, words, gauss = state["random"]
        self.random.setstate((version, tuple(words), gauss))
        for name in ("epoch", "step", "position", "loss", "order", "weights", "velocity"):
            setattr(self, name, state[name])


def save(directory, name, content):
    """Writes a checkpoint so that it is there whole or not at all, even if the machine dies."""
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, name)
    unfinished = path + ".tmp"
    with open(unfinished, "w") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)
    return path


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch-size", type=int, default=20)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--step-seconds", type=float, default=0.0, help="slows a step down, to have time to interrupt it")
    parser.add_argument("--data", default=os.path.join(HERE, "digits.csv"))
    parser.add_argument("--save-interval", type=int, default=int(os.environ.get("RUNCTL_SAVE_INTERVAL", "5")), help="epochs between checkpoints")
    parser.add_argument("--checkpoint-dir", default=os.environ.get("RUNCTL_CHECKPOINT_DIR", "checkpoints"))
    parser.add_argument("--resume", metavar="CHECKPOINT", help="go on from this checkpoint")
    return parser.parse_args()


def main():
    signal.signal(signal.SIGTERM, request_stop)
    arguments = parse_arguments()
    trainer = Trainer(load_digits(arguments.data), arguments.seed, arguments.epochs, arguments.batch_size, arguments.learning_rate)
    if arguments.resume:
        with open(arguments.resume) as file:
            trainer.restore(json.load(file))
        print(f"resumed from {arguments.resume} at step {trainer.step}, epoch {trainer.epoch}", flush=True)

    progress = open(os.environ.get("RUNCTL_PROGRESS_FILE", os.devnull), "a", buffering=1)
    while trainer.epoch <= trainer.epochs:
        while not trainer.epoch_is_over():
            if stop_requested:
                path = save(arguments.checkpoint_dir, f"step_{trainer.step}.json", trainer.state())
                print(f"saved {path}", flush=True)
                return 0
            trainer.run_step()
            time.sleep(arguments.step_seconds)
            progress.write(f"step {trainer.step}\n")
        print(f"epoch {trainer.epoch:3}  step {trainer.step:5}  loss {trainer.loss / len(trainer.train):.4f}  accuracy {trainer.accuracy():.3f}", flush=True)
        trainer.begin_next_epoch()
        if (trainer.epoch - 1) % arguments.save_interval == 0 and trainer.epoch <= trainer.epochs:
            save(arguments.checkpoint_dir, f"epoch_{trainer.epoch - 1}.json", trainer.state())

    path = save(arguments.checkpoint_dir, "final.json", {"step": trainer.step, "weights": trainer.weights})
    print(f"finished: {path}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
