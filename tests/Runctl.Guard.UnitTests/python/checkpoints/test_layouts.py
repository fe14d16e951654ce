"""The layouts that trainings write: each save is one checkpoint, whole, with the head a script can go on from."""
import unittest

from . import simulator
from .simulator import LAYOUTS, Machine

HEADS = {"tensorflow": "ckpt-5", "gan": "netG_5.pth", "timm": "checkpoint.pth.tar", "deepspeed": "global_step5",
         "megatron": "iter_0000005", "orbax": "5", "hugging_face": "checkpoint-5", "dcp": "step_5",
         "lightning": "epoch=5-val_loss=0.85.ckpt", "cyclegan": "horses/5_net_G_A.pth", "yolo": "weights/last.pt",
         "lightgbm": "model.txt", "xgboost": "model_5.json", "sklearn": "model.joblib", "raw": "model_00000005.bin",
         "keras": "model.keras", "sharded": "model.safetensors.index.json", "detectron2": "model_0000005.pth",
         "in_place": "model.pt", "zarr": "step-5", "hashed": "model-ac3478d69a3c.pt",
         "lightning_sharded": "lightning_logs/version_0/checkpoints/epoch=5.ckpt", "flat_ranks": "step_5_rank3.pt",
         "layer_files": "layer_02.pt", "stable_baselines": "rl_model_5_steps.zip", "mxnet": "net-0005.params",
         "one_file_in_a_folder": "exp/last.pt"}


class Layouts(unittest.TestCase):
    def written(self, layout, saves=5, restarts=False):
        machine = Machine()
        machine.restarts = restarts
        for number in range(1, saves + 1):
            layout(machine, number)
            machine.pass_time(10)
        return machine

    def test_each_has_the_head_a_script_goes_on_from(self):
        for layout in LAYOUTS:
            with self.subTest(layout.__name__):
                self.assertEqual(HEADS[layout.__name__], self.written(layout).choose().head)

    def test_each_is_the_same_for_a_guard_that_is_restarted_between_any_two_looks(self):
        for layout in LAYOUTS:
            with self.subTest(layout.__name__):
                usual, restarted = self.written(layout), self.written(layout, restarts=True)
                self.assertEqual(usual.choose()[1:4], restarted.choose()[1:4])

    def test_the_last_save_is_a_checkpoint_of_its_own(self):
        for layout in LAYOUTS:
            with self.subTest(layout.__name__):
                machine = self.written(layout, 4)
                before = set(machine.files)
                old = {path: machine.entries[path] for path in before}
                layout(machine, 5)
                changed = {path for path in machine.files if machine.entries[path] != old.get(path)}
                machine.settle()
                links = set(machine.links)
                self.assertEqual(changed, set(machine.contents(machine.choose(), "save")) - links)

    def test_killed_after_any_write_of_the_next_save_the_set_is_of_one_save(self):
        """What was overwritten meanwhile is had from the copy."""
        for layout in LAYOUTS:
            whole = self.written(layout)
            states = whole.contents(whole.choose(), "save")
            machine = self.written(layout, 4)
            step = Steps(machine)
            layout(step, 5)
            for count in range(1, len(step.calls)):
                with self.subTest(layout.__name__, writes=count):
                    machine = self.written(layout, 4)
                    for file in machine.newest().files:
                        if file.link is None:
                            machine.copies[file.version] = machine.files[file.path]
                    for call in step.calls[:count]:
                        call(machine)
                    machine.see()
                    machine.end(killed=True)
                    chosen = machine.choose()
                    self.assertIsNotNone(chosen)
                    if chosen.save.number == machine.seen.number and machine.seen.number > 4:
                        weights = [path for path in states if path in machine.seen.files and machine.seen.is_weight(path)]
                        missing = set(weights) - set(machine.contents(chosen, "save"))
                        # Text models and first ones of their kind are all that a save needs.
                        self.assertEqual(set(), missing)


class Steps:
    """Records what a layout does, to do a part of it."""

    def __init__(self, machine):
        self.files, self.calls = dict(machine.files), []

    def _note(self, name, args, kwargs):
        self.calls.append(lambda machine: getattr(machine, name)(*args, **kwargs))

    def write(self, *args, **kwargs):
        self._note("write", args, kwargs)

    def rename(self, *args):
        self._note("rename", args, {})

    def link(self, *args):
        self._note("link", args, {})


if __name__ == "__main__":
    unittest.main()
