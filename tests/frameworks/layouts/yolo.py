"""Ultralytics: last.pt and best.pt in a folder of the run, overwritten, beside a table that grows and settings."""
from lib import *

base = f"{d}/train"
if not os.path.exists(f"{base}/args.yaml"):
    text(f"{base}/args.yaml", "lr0: 0.01\n")


def save(step):
    with open(f"{base}/results.csv", "a") as file:
        file.write(f"{step},0.5\n")
    archive(f"{base}/weights/last.pt", step)
    if step <= EVERY:
        archive(f"{base}/weights/best.pt", step)


loop(save, lambda path: step_of(path) if path else None)
