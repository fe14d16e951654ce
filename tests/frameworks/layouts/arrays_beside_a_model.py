"""Large arrays in files of their own whose names go on from the model's, as gensim writes them."""
from lib import *

header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2000,)}\n"


def save(step):
    for name in ("wv.vectors", "syn1neg"):
        raw(f"{d}/w2v_{step}.model.{name}.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + os.urandom(8000))
    pickled(f"{d}/w2v_{step}.model", {"step": step})


def load(path):
    if not path:
        return None
    for name in ("wv.vectors", "syn1neg"):
        os.stat(f"{path}.{name}.npy")
    with open(path, "rb") as file:
        return pickle.load(file)["step"]


loop(save, load)
