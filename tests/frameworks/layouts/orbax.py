"""Orbax: a directory named by the step, filled under a temporary name, without any known ending in it."""
from lib import *


def save(step):
    if os.path.exists(f"{d}/{step}"):
        return
    t = f"{d}/{step}.orbax-checkpoint-tmp-{time.time_ns()}"
    text(f"{t}/_CHECKPOINT_METADATA", json.dumps({"item_handlers": {"default": "x"}, "init_timestamp_nsecs": 1}))
    for name in ("_METADATA", "_sharding"):
        text(f"{t}/default/{name}", "{}")
    raw(f"{t}/default/manifest.ocdbt")
    raw(f"{t}/default/d/{step:032x}")
    raw(f"{t}/default/ocdbt.process_0/manifest.ocdbt")
    raw(f"{t}/default/ocdbt.process_0/d/{step:032x}")
    os.rename(t, f"{d}/{step}")


def load(path):
    steps = [int(name) for name in os.listdir(d) if name.isdigit()]
    if not steps:
        return None
    # As its manager does it: the highest one.
    found = f"{d}/{max(steps)}"
    for name in ("_CHECKPOINT_METADATA", "default/_METADATA", "default/manifest.ocdbt", "default/ocdbt.process_0/manifest.ocdbt",
                 f"default/d/{max(steps):032x}"):
        assert os.path.getsize(f"{found}/{name}") > 0
    return max(steps)


loop(save, load)
