"""What names and first bytes tell."""
import os
import unittest

from .simulator import HDF5, NPY, PICKLE, TF_INDEX, ZIP, is_staging, kind_of, safetensors
from runctl_guard.checkpoints.names import compile_glob, has_number, pattern_of


class Names(unittest.TestCase):
    def test_staging_names(self):
        for name in ("ckpt-8.index.tempstate12", ".tmpAb12", "checkpoint-5-unfinished", "tmp-checkpoint-8", "tmp_model.pt",
                     "8.orbax-checkpoint-tmp-1732000000/default/d/1", "model.pt.tmp", "model.pt.tmp123", "modelTmp.pt",
                     "model.pt~", "model.tmpx7k2", "a/b.partial", "temp_model.pt", "x.swp", "model.incomplete", "TempModel.pt", "temporary/x.pt"):
            self.assertTrue(is_staging(name), name)

    def test_names_that_only_look_like_it(self):
        for name in ("attempt_3", "template_adapter.pt", "temperature_0.7.pt", "model_temp_0.5.pt", "model_part-0", ".metadata",
                     "contemporary.pt", "exp1/tempo.pt", ".hydra/config.yaml", "incompletely.pt"):
            self.assertFalse(is_staging(name), name)

    def test_patterns(self):
        for name, pattern in (("epoch=3-val_loss=0.25.ckpt", "epoch=#-val_loss=#.#.ckpt"), ("model-3fa9c2d1.pt", "model-#.pt"),
                              ("run-2x8k3jq9p1.pt", "run-#.pt"), ("b04965e6-a9bb-591f-8f8a-1adcb2c8dc39/m.pt", "#/m.pt"), ("resnet50.pt", "resnet#.pt"), ("decade.pt", "decade.pt"),
                              ("exp1/epoch_3.pth", "exp#/epoch_#.pth"),
                              ("ckpt-8.data-00000-of-00001", "ckpt-#.data-00000-of-00001")):
            self.assertEqual(pattern, pattern_of(name))
        self.assertFalse(has_number("last.ckpt"))

    def test_globs(self):
        for glob, path, matches in (("*.pt", "a/b.pt", True), ("weights/last.pt", "weights/last.pt", True), ("a/*", "a/b/c", True),
                                    ("/[0-9]*", "28/default/d", True), ("/[0-9]*", "tb/1", False), ("b", "a/b/c.pt", True),
                                    ("**/last.ckpt", "a/b/last.ckpt", True), ("/a*", "b/a", False), ("*.pt", "a.ptx", False)):
            self.assertEqual(matches, compile_glob(glob)(path), (glob, path))


class Kinds(unittest.TestCase):
    def kind(self, data, name="x"):
        return kind_of(name, len(data), data[:512], data[-8:])

    def test_kinds_come_from_the_content(self):
        for data, kind in ((ZIP, "zip"), (PICKLE, "pickle"), (NPY, "npy"), (HDF5, "hdf5"), (TF_INDEX, "tf-index"), (b"GGUF" + b"\0" * 9, "gguf"),
                           (safetensors(), "safetensors"), (b'{"a": 1}', "json"), (b"lr: 0.1\n", "text"), (b"\x89PNG\r\n", "media"),
                           (b"SQLite format 3\0", "database"), (b"7\x7f\x06\x82\0\x2d", "database"), (b":W&B\x1c\xe1", "log"), (b"\x81\xa6params\x81", "msgpack"), (os.urandom(3) + b"\0\xff\xfe", "binary"),
                           (b"", "empty")):
            self.assertEqual(kind, self.kind(data))
        self.assertEqual("zip", self.kind(ZIP, "checkpoint.pth.tar"))
        self.assertEqual("tf-data", self.kind(b"raw", "ckpt-8.data-00000-of-00001"))
        self.assertEqual("log", self.kind(b"raw", "exp1/events.out.tfevents.1.host"))

    def test_a_text_cut_in_the_middle_of_a_character_is_text(self):
        self.assertEqual("text", kind_of("x", 600, ("a" * 511 + "é").encode()[:512]))
