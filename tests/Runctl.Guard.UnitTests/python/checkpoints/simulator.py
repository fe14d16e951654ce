"""A checkpoint directory in memory, a clock, and the layouts that trainings write; the guard looks at it as at a disk."""
import hashlib
import json
import os
import struct

import support  # noqa: F401
from runctl_guard.checkpoints import choice, sets
from runctl_guard.checkpoints.kinds import HEAD_BYTES, TAIL_BYTES, kind_of
from runctl_guard.checkpoints.looks import Entry, Look
from runctl_guard.checkpoints.names import Settings, is_staging
from runctl_guard.checkpoints.observation import Observation
from runctl_guard.checkpoints.units import folders_of

ZIP = b"PK\x03\x04" + b"z" * 60
PICKLE = b"\x80\x04" + b"p" * 60
NPY = b"\x93NUMPY" + b"n" * 60
HDF5 = b"\x89HDF\r\n\x1a\n" + b"h" * 60
TF_INDEX = b"\0\x01" + b"i" * 40 + b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
RAW = b"\x07\x00\x91\xfe" * 30


def safetensors(size=16):
    header = json.dumps({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    return struct.pack("<Q", len(header)) + header + b"w" * size


class Machine:
    """`files`: content by path. Every write is a new version; `open` marks files that a process has open for writing."""

    def __init__(self, settings=Settings(), before=None):
        self.now, self.inodes, self.wall = 1000.0, 0, 0
        self.files, self.entries, self.open, self.links, self.folders = {}, {}, set(), {}, {}
        self.alive, self.killed, self.step, self.settings = True, False, None, settings
        self.seen = Observation(settings)
        for path, data in (before or {}).items():
            self.write(path, data)
        self.seen.begin(self.look().entries, self.now)
        self.restarts, self.copies = False, {}

    def write(self, path, data=ZIP, in_place=False):
        old = self.entries.get(path)
        self.wall += 1
        if in_place and old:
            inode = old[0]
        else:
            inode = self._inode()
        grew = bool(in_place and old and data.startswith(self.files[path]) and len(data) > len(self.files[path]))
        self.files[path] = data
        self.entries[path] = (inode, len(data), self.wall, grew)

    def _inode(self):
        self.inodes += 1
        return self.inodes

    def append(self, path, data):
        self.write(path, self.files.get(path, b"") + data, in_place=True)

    def rename(self, old, new):
        for folder in [folder for folder in self.folders if folder == old or folder.startswith(old + "/")]:
            self.folders[new + folder[len(old):]] = self.folders.pop(folder)
        for path in [path for path in self.files if path == old or path.startswith(old + "/")]:
            place = new + path[len(old):]
            self.files[place], self.entries[place] = self.files.pop(path), self.entries.pop(path)[:3] + (False,)
            if path in self.open:
                self.open.discard(path)
                self.open.add(place)

    def link(self, path, target):
        self.links[path] = target

    def remove(self, path):
        self.folders = {folder: inode for folder, inode in self.folders.items() if not (folder + "/").startswith(path + "/")}
        for name in [name for name in self.files if name == path or name.startswith(path + "/")]:
            del self.files[name], self.entries[name]
            self.open.discard(name)

    def look(self, final=False):
        entries = {}
        for path, (inode, size, mtime, grew) in self.entries.items():
            data = self.files[path]
            entries[path] = Entry("file", 1, inode, size, mtime * 10**9, None,
                                  kind_of(path, size, data[:HEAD_BYTES], data[-TAIL_BYTES:]), grew)
        self.folders = {folder: self.folders.get(folder) or self._inode() for path in self.files for folder in folders_of(path)}
        entries.update((folder, Entry("dir", 1, inode)) for folder, inode in self.folders.items())
        for path, target in self.links.items():
            there = any(other == target or other.startswith(target + "/") for other in self.files)
            entries[path] = Entry("link" if there else "dangling", target=target)
        return Look(self.now, entries, None, {(1, self.entries[path][0]) for path in self.open}, self.alive, self.killed,
                    self.step, final)

    def pass_time(self, seconds=1.0, every=1.0):
        """Looks once a second, as the guard does; some tests restart it between any two looks."""
        end = self.now + seconds
        while self.now < end - 1e-9:
            self.now += min(every, end - self.now)
            self.see()

    def see(self, final=False):
        self.seen.see(self.look(final))
        if self.restarts:
            self.restart()

    def restart(self):
        self.seen = Observation.from_state(json.loads(json.dumps(self.seen.to_state())), self.settings)

    def settle(self):
        self.pass_time(4.0)

    def end(self, killed=False, sudden=False):
        """Nothing of the training is left. `sudden`: it died by itself."""
        self.open.clear()
        self.alive, self.killed = False, killed
        self.now += 0.1
        self.see(final=True)
        if sudden:
            self.seen.died["sudden"] = True

    def read(self, path, version, limit):
        record = self.seen.files.get(path)
        if record is not None and record.version == version:
            return self.files[path][:limit]
        return self.copies.get(version)

    def newest(self):
        return sets.build(self.seen, self.seen.saves[-1], self.read)

    def choose(self):
        """What a notice would choose now, or None."""
        return self.decide().chosen

    def candidates(self, provisional=False):
        """The checkpoints of the kept saves, the newest first."""
        return list(filter(None, (sets.build(self.seen, save, self.read) for save in choice.kept_saves(self.seen, provisional))))

    def decide(self, available=None, prove=lambda checkpoint: {}):
        """The whole choice, by what can be had and what a proof finds."""
        available = available or self.available
        saves = choice.kept_saves(self.seen)
        prepared = (choice.prepare(self.seen, save, self.read, available) for save in saves)
        return choice.decide(filter(None, prepared), available, prove)

    def available(self, file):
        return file.here or file.version in self.copies

    def contents(self, checkpoint, *parts):
        return sorted(file.path for file in checkpoint.part(*(parts or ("save", "current"))))


def tensorflow(machine, n):
    machine.write("ckpt-%d.data-00000-of-00001" % n, os.urandom(40))
    machine.write("ckpt-%d.index" % n, TF_INDEX)
    machine.write("checkpoint", b'model_checkpoint_path: "ckpt-%d"\nall_model_checkpoint_paths: "ckpt-1"\n' % n)


def gan(machine, n):
    machine.write("netG_%d.pth" % n)
    machine.write("netD_%d.pth" % n)


def timm(machine, n):
    if "args.json" not in machine.files:
        machine.write("args.json", b'{"lr": 0.1}')
    machine.write("checkpoint.pth.tar", ZIP + b"%d" % n)


def deepspeed(machine, n):
    machine.write("global_step%d/mp_rank_00_model_states.pt" % n)
    machine.write("global_step%d/bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt" % n)
    machine.write("latest", b"global_step%d" % n)


def megatron(machine, n):
    machine.write("iter_%07d/mp_rank_00/model_optim_rng.pt" % n)
    machine.write("latest_checkpointed_iteration.txt", b"%d" % n)


def orbax(machine, n):
    staging = "%d.orbax-checkpoint-tmp-1732000000" % n
    for name, data in (("_CHECKPOINT_METADATA", b"{}"), ("default/_METADATA", b"{}"), ("default/_sharding", b"{}"),
                       ("default/manifest.ocdbt", os.urandom(20)), ("default/d/%032x" % n, os.urandom(400)),
                       ("default/ocdbt.process_0/manifest.ocdbt", os.urandom(20))):
        machine.write("%s/%s" % (staging, name), data)
    machine.rename(staging, "%d" % n)


def hugging_face(machine, n):
    staging = "tmp-checkpoint-%d" % n
    machine.write(staging + "/model.safetensors", safetensors())
    machine.write(staging + "/optimizer.pt")
    machine.write(staging + "/trainer_state.json", b'{"global_step": %d}' % n)
    machine.rename(staging, "checkpoint-%d" % n)


def dcp(machine, n):
    machine.write("step_%d/__0_0.distcp" % n, os.urandom(40))
    machine.write("step_%d/__1_0.distcp" % n, os.urandom(40))
    machine.write("step_%d/.metadata" % n, PICKLE)


def lightning(machine, n):
    machine.write("epoch=%d-val_loss=0.%d.ckpt" % (n, 90 - n))
    machine.link("last.ckpt", "epoch=%d-val_loss=0.%d.ckpt" % (n, 90 - n))


def cyclegan(machine, n):
    for net in ("G_A", "G_B", "D_A", "D_B"):
        machine.write("horses/%d_net_%s.pth" % (n, net))
        machine.write("horses/latest_net_%s.pth" % net)


def yolo(machine, n):
    machine.write("weights/last.pt", ZIP + b"%d" % n)
    if n % 3 == 1:
        machine.write("weights/best.pt", ZIP + b"%d" % n)


def lightgbm(machine, n):
    machine.write("model.txt", b"tree\nversion=v4\n" + b"leaf_value=1\n" * 20 * n + b"end of trees\n", in_place=True)


def xgboost(machine, n):
    machine.write("model_%d.json" % n, b'{"learner": {"trees": %d}}' % n)


def sklearn(machine, n):
    machine.write("model.joblib", PICKLE + b"%d" % n)


def raw(machine, n):
    machine.write("model_%08d.bin" % n, RAW)
    machine.write("state_%08d.bin" % n, RAW + RAW)


def keras(machine, n):
    machine.write("model.keras", ZIP + b"%d" % n)
    machine.write("training_metadata.json", b'{"epoch": %d}' % n)


def sharded(machine, n):
    for k in range(1, 4):
        machine.write("model-%05d-of-00003.safetensors" % k, safetensors(n + k))
    machine.write("model.safetensors.index.json", json.dumps(
        {"weight_map": {"w%d" % k: "model-%05d-of-00003.safetensors" % k for k in range(1, 4)}}).encode())


def detectron2(machine, n):
    machine.write("model_%07d.pth" % n)
    machine.write("last_checkpoint", b"model_%07d.pth" % n)


def in_place(machine, n):
    machine.write("model.pt", ZIP + b"m%d" % n, in_place=True)
    machine.write("optim.pt", ZIP + b"o%d" % n, in_place=True)


def zarr(machine, n):
    for k in range(30):
        machine.write("step-%d/params/%d.%d" % (n, k // 6, k % 6), RAW)
    machine.write("step-%d/params/.zarray" % n, b'{"chunks": [1]}')


def hashed(machine, n):
    machine.write("model-%s.pt" % hashlib.sha1(b"%d" % n).hexdigest()[:12])


def lightning_sharded(machine, n):
    base = "lightning_logs/version_0/checkpoints/epoch=%d.ckpt/" % n
    for name in ("__0_0.distcp", "__1_0.distcp"):
        machine.write(base + name, os.urandom(40))
    machine.write(base + ".metadata", PICKLE)
    # After the metadata.
    machine.write(base + "meta.pt")


def flat_ranks(machine, n):
    for rank in range(4):
        machine.write("step_%d_rank%d.pt" % (n, rank), ZIP + b"%d" % n)


def layer_files(machine, n):
    for layer in range(3):
        machine.write("layer_%02d.pt" % layer, ZIP + b"%d" % n, in_place=True)
    machine.write("optimizer.pt", ZIP + b"o%d" % n, in_place=True)


def stable_baselines(machine, n):
    machine.write("rl_model_%d_steps.zip" % n)
    machine.write("rl_model_replay_buffer_%d_steps.pkl" % n, PICKLE * 5)
    machine.write("rl_model_vecnormalize_%d_steps.pkl" % n, PICKLE)
    machine.write("evaluations.npz", ZIP + b"%d" % n, in_place=True)


def mxnet(machine, n):
    machine.write("net-%04d.params" % n, RAW)
    machine.write("net-%04d.states" % n, PICKLE)


def one_file_in_a_folder(machine, n):
    machine.write("exp/last.pt", ZIP + b"%d" % n, in_place=True)


LAYOUTS = [tensorflow, gan, timm, deepspeed, megatron, orbax, hugging_face, dcp, lightning, cyclegan, yolo, lightgbm, xgboost,
           sklearn, raw, keras, sharded, detectron2, in_place, zarr, hashed, lightning_sharded, flat_ranks, layer_files,
           stable_baselines, mxnet, one_file_in_a_folder]
