"""Told to stop it saves under a name of its own."""
from lib import *

loop(lambda step: archive(f"{d}/interrupted.pt" if told else f"{d}/epoch_{step // EVERY}.pt", step),
     lambda path: step_of(path) if path else None)
