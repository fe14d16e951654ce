"""What is trained: with each framework that may be installed, and on stand-ins that write what the frameworks write.

A training counts steps, saves now and then and when it is told to stop, takes `--resume CHECKPOINT` or finds its checkpoint
itself, prints `RESUMED at step N` if it did, and goes on until it is told to stop.
"""
from typing import Dict, List, NamedTuple

TORCHRUN = "../torchrun/defaults.sh"


class Case(NamedTuple):
    name: str
    # The script first, then what it imports.
    files: List[str]
    # Modules, with the lowest major version if it matters; the first one is the framework.
    needs: List[str]
    stand_in: bool = False
    environment: Dict[str, str] = {}
    # Settings under [checkpoint].
    checkpoint: Dict[str, object] = {}
    # After which the machine is taken away: two saves have been made by then, and the last one is over.
    steps: int = 100


def _real(name, script, *needs, more=(), **changes):
    return Case(name, ["trainings/" + script, "trainings/common.py"] + list(more), list(needs), **changes)


def _stand_in(name, script, *needs, **changes):
    return Case(name, ["layouts/" + script, "layouts/lib.py"], list(needs), stand_in=True, **changes)


CASES = [
    _real("torch", "torch_file.py", "torch"),
    _real("torch ddp", "torch_ddp.sh", "torch", more=["trainings/torch_ddp.py", TORCHRUN]),
    _real("torch dcp", "torch_dcp.sh", "torch>=2", more=["trainings/torch_dcp.py", TORCHRUN]),
    _real("transformers", "transformers_trainer.py", "transformers", "torch", "accelerate"),
    _real("accelerate", "accelerate_loop.sh", "accelerate", "torch", more=["trainings/accelerate_loop.py"]),
    _real("lightning", "lightning_trainer.py", "lightning", "torch"),
    _real("deepspeed", "deepspeed_engine.sh", "deepspeed", "torch", more=["trainings/deepspeed_engine.py"]),
    _real("orbax", "jax_orbax.py", "orbax", "jax"),
    _real("tensorflow", "tensorflow_manager.py", "tensorflow"),
    _real("keras", "keras_fit.py", "keras>=3"),
    _real("sklearn", "sklearn_partial.py", "sklearn"),
    _real("xgboost", "xgboost_callback.py", "xgboost"),
    _real("lightgbm", "lightgbm_callback.py", "lightgbm"),
    _stand_in("tensorflow", "tensorflow.py"),
    _stand_in("keras backup", "keras_backup.py", "h5py"),
    _stand_in("orbax", "orbax.py"),
    _stand_in("deepspeed", "deepspeed.py"),
    _stand_in("megatron", "megatron.py"),
    _stand_in("torch dcp", "torch_dcp.py"),
    _stand_in("transformers", "transformers.py"),
    _stand_in("accelerate", "accelerate.py"),
    _stand_in("lightning", "lightning.py"),
    _stand_in("lightning's folders", "lightning_logs.py"),
    _stand_in("lightning's folders, head set", "lightning_logs.py", checkpoint={"head": "lightning_logs/*/checkpoints/*.ckpt"}),
    _stand_in("pth.tar and settings", "pth_tar.py"),
    _stand_in("one file in place", "in_place.py"),
    _stand_in("another name when told", "other_name.py"),
    _stand_in("two networks", "two_networks.py"),
    _stand_in("replay buffer", "replay_buffer.py"),
    _stand_in("text model", "text_model.py"),
    _stand_in("index and shards", "index_and_shards.py"),
    _stand_in("yolo", "yolo.py"),
    _stand_in("detectron2", "detectron2.py"),
    _stand_in("fairseq", "fairseq.py"),
    _stand_in("composer", "composer.py"),
    _stand_in("nemo", "nemo.py"),
    _stand_in("logs and links", "logs_and_links.py"),
    _stand_in("renamed when complete", "renamed_when_complete.py"),
    _stand_in("last and previous", "last_and_previous.py"),
    _stand_in("raw model and state", "raw_model_and_state.py"),
    _stand_in("arrays beside a model", "arrays_beside_a_model.py"),
    _stand_in("ids and links", "ids_and_links.py"),
    _stand_in("database beside a model", "database_beside_a_model.py"),
    _stand_in("dated folders", "dated_folders.py"),
    _stand_in("paddle", "paddle.py"),
    _stand_in("fast saves", "fast_saves.py"),
    _stand_in("folds, told between two", "folds_told.py"),
    # The first fold is finished after two saves; the second has begun.
    _stand_in("folds", "folds.py", steps=140),
]
