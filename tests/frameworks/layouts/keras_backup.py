"""Keras' BackupAndRestore: weights in HDF5 that are overwritten, the place in the training, and a copy of those before."""
import shutil

import h5py
from lib import *


def save(step):
    os.makedirs(f"{d}/backup", exist_ok=True)
    for name in os.listdir(f"{d}/backup"):
        if not name.startswith("_"):
            shutil.copyfile(f"{d}/backup/{name}", f"{d}/backup/_{name}")
    with h5py.File(f"{d}/backup/latest.weights.h5", "w") as file:
        file["step"], file["w"] = step, [1.0] * 1000
    text(f"{d}/backup/training_metadata.json", json.dumps({"epoch": 0, "batch": step}))


def load(path):
    if not os.path.exists(f"{d}/backup/training_metadata.json"):
        return None
    with h5py.File(f"{d}/backup/latest.weights.h5", "r") as file, open(f"{d}/backup/training_metadata.json") as metadata:
        assert len(file["w"]) == 1000 and int(file["step"][()]) == json.load(metadata)["batch"]
        return int(file["step"][()])


loop(save, load)
