"""A GAN: a save is two files, and the training needs both."""
from lib import *


def save(step):
    archive(f"{d}/netG_{step}.pth", step)
    archive(f"{d}/netD_{step}.pth", step)


def load(path):
    if path is None:
        return None
    steps = {step_of(path.replace("netD_", name).replace("netG_", name)) for name in ("netG_", "netD_")}
    assert len(steps) == 1
    return steps.pop()


loop(save, load)
