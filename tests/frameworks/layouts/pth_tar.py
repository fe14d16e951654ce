"""checkpoint.pth.tar beside settings that are written once, and the best one beside it."""
from lib import *

if not os.path.exists(f"{d}/args.json"):
    text(f"{d}/args.json", '{"lr": 0.1}')


def save(step):
    archive(f"{d}/checkpoint.pth.tar", step)
    if step == EVERY:
        archive(f"{d}/model_best.pth.tar", step)


loop(save, lambda path: step_of(path) if path else None)
