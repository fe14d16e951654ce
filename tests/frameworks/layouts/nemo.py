"""Names with colons and equals signs, the best ones kept, `last` with a version behind it after a resume."""
from lib import *

kept = []


def save(step):
    path = f"{d}/model--val:loss=0.{step}-epoch:{step // 80}.ckpt"
    archive(path, step)
    kept.append(path)
    for old in kept[:-2]:
        if os.path.exists(old):
            os.remove(old)
    archive(f"{d}/last{'-v1' if resume_argument() else ''}.ckpt", step)


def load(path):
    if path is None:
        return None
    found = [step_of(f"{d}/{name}") for name in os.listdir(d) if name.endswith(".ckpt")]
    assert step_of(path) == max(found)
    return max(found)


loop(save, load)
