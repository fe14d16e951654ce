"""A folder a save, with a log of one JSON object a line in it, and a link to what this machine does not have."""
from lib import *


def save(step):
    g = f"{d}/epoch_{step}"
    archive(f"{g}/model.pt", step)
    text(f"{g}/log.json", "".join(json.dumps({"iter": one}) + "\n" for one in range(1, step + 1)))
    if not os.path.lexists(f"{g}/tokenizer.json"):
        os.symlink("/data/cache/blobs/abcdef", f"{g}/tokenizer.json")


loop(save, lambda path: step_of(f"{path}/model.pt") if path else None)
