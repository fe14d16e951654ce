"""How a probe tells what it measured: a file that is there whole or not at all."""
import os


def put(path, text):
    with open(path + ".tmp", "w") as file:
        file.write(text)
    os.replace(path + ".tmp", path)
