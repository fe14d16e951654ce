"""What further trainings do with files at each save: order, names, renames, links, and when they delete the save before.

`@training(head, *needs)`: the path a script goes on from, and the files that have to be of the same save; `{n}` is its
number. Without a head any of them is one.
"""
import hashlib
import re

from runctl_guard.checkpoints.names import Settings

from .simulator import HDF5, NPY, PICKLE, TF_INDEX, Machine, safetensors

HALF = b"#half#"
START = {"zip": b"PK\x03\x04" + b"z" * 60, "pickle": PICKLE, "npy": NPY, "hdf5": HDF5, "tensors": safetensors(40), "index": TF_INDEX[:20],
         "raw": b"\x07\x00\x91\xfe" * 60, "gguf": b"GGUF" + b"\0" * 60, "msgpack": b"\x82\xa5model" + b"\0" * 60, "text": b"x = 1\n" * 20,
         "json": b'{"n": 1,' + b" " * 60, "tar": b"model.pt" + b"\0" * 200, "gz": b"\x1f\x8b\x08\0" + b"\xfe\0" * 60,
         "database": b"SQLite format 3\0" + b"\0" * 60}
LAYOUTS = {}


class Layout:
    def __init__(self, save, head, needs, settings):
        self.save, self._head, self._needs, self.settings = save, head, needs, settings

    def head(self, n):
        return self._head.format(n=n)

    def needs(self, n):
        return [need.format(n=n) for need in self._needs]


def training(head, *needs, setting=""):
    def add(save):
        LAYOUTS[save.__name__] = Layout(save, head, needs or (head,), Settings(head=setting))
        return save
    return add


def content(kind, n):
    end = TF_INDEX[20:] if kind == "index" else b""
    return START[kind] + b"|%06d|" % n + b"\xfe\0" * 20 * (kind not in ("text", "json")) + end


def number_in(data):
    """Which save wrote this; ValueError for a file that is cut off or empty."""
    found = re.search(rb"\|(\d{6})\|", data)
    if not found or HALF in data:
        raise ValueError("not whole")
    return int(found.group(1))


class Disk(Machine):
    """With hard links, copies, and writes that take several looks; a whole write goes on in place."""

    def put(self, path, kind, n, in_place=False):
        self.write(path, content(kind, n), in_place)

    def put_slowly(self, path, kind, n, in_place=False, seconds=0.6, end=True):
        data = content(kind, n)
        self.write(path, data[:len(START[kind]) // 2] + HALF, in_place)
        self.open.add(path)
        self.pass_time(seconds)
        if end:
            self.write(path, data, in_place=True)
            self.open.discard(path)

    def copy(self, old, new):
        self.write(new, self.files[old])

    def hard_link(self, old, new):
        self.files[new], self.entries[new] = self.files[old], self.entries[old]

    def remove(self, path):
        self.links = {link: to for link, to in self.links.items() if link != path and not link.startswith(path + "/")}
        super().remove(path)

    def read(self, path, version, limit):
        return super().read(path, version, limit) if path in self.files else self.copies.get(version)


@training("ckpt.pt")
def nanogpt(disk, n):
    disk.put("ckpt.pt", "zip", n, in_place=True)


@training("checkpoint-{n}", "checkpoint-{n}/adapter_model.safetensors", "checkpoint-{n}/optimizer.pt", "checkpoint-{n}/rng_state.pth",
          "checkpoint-{n}/trainer_state.json")
def llama_factory_adapter(disk, n):
    for name, kind in (("README.md", "text"), ("adapter_config.json", "json"), ("adapter_model.safetensors", "tensors"),
                       ("optimizer.pt", "zip"), ("scheduler.pt", "zip"), ("rng_state.pth", "zip"), ("trainer_state.json", "json")):
        disk.put("checkpoint-%d/%s" % (n, name), kind, n)
    disk.append("trainer_log.jsonl", b'{"step": 1}\n')
    disk.remove("checkpoint-%d" % (n - 1))


@training("checkpoint-{n}", "checkpoint-{n}/unet/diffusion_pytorch_model.safetensors", "checkpoint-{n}/optimizer.bin",
          "checkpoint-{n}/random_states_0.pkl")
def diffusers_that_keeps_one(disk, n):
    disk.remove("checkpoint-%d" % (n - 1))
    for name, kind in (("unet/diffusion_pytorch_model.safetensors", "tensors"), ("unet/config.json", "json"), ("optimizer.bin", "zip"),
                       ("random_states_0.pkl", "zip")):
        disk.put("checkpoint-%d/%s" % (n, name), kind, n)


@training("epoch_{n}", "epoch_{n}/model-00001-of-00002.safetensors", "epoch_{n}/model-00002-of-00002.safetensors",
          "recipe_state/recipe_state.pt")
def torchtune(disk, n):
    for shard in (1, 2):
        disk.put("epoch_%d/model-%05d-of-00002.safetensors" % (n, shard), "tensors", n)
    disk.put("epoch_%d/config.json" % n, "json", n)
    disk.put("recipe_state/recipe_state.pt", "zip", n, in_place=True)


@training("step_{n}", "step_{n}/model/sdp_00.pt", "step_{n}/optimizer/rank_00.pt", "step_{n}/trainer/rank_00.pt")
def fairseq2(disk, n):
    for name in ("model/sdp_00.pt", "optimizer/rank_00.pt", "trainer/rank_00.pt"):
        disk.put("step_%d.tmp/%s" % (n, name), "zip", n)
    disk.rename("step_%d.tmp" % n, "step_%d" % n)
    disk.remove("step_%d" % (n - 1))


@training("checkpoint.pth")
def espnet(disk, n):
    disk.put("checkpoint.pth", "zip", n, in_place=True)
    disk.put("%depoch.pth" % n, "zip", n)
    for link in ("latest.pth", "valid.acc.best.pth"):
        disk.remove(link)
        disk.link(link, "%depoch.pth" % n)


@training("training_checkpoint_{n}.pt")
def ignite_that_keeps_one(disk, n):
    disk.remove("training_checkpoint_%d.pt" % (n - 1))
    staging = "tmp" + hashlib.md5(b"%d" % n).hexdigest()[:8].replace("0", "_").replace("5", "k")
    disk.put(staging, "zip", n)
    disk.rename(staging, "training_checkpoint_%d.pt" % n)


@training("model--step={n}-last", "model--step={n}-last/weights/common.pt", "model--step={n}-last/weights/__0_0.distcp",
          "model--step={n}-last/weights/.metadata", "model--step={n}-last/context/io.json")
def nemo_2(disk, n):
    folder = "model--step=%d-last" % n
    disk.write(folder + "-unfinished", b"")
    for name, kind in (("weights/common.pt", "zip"), ("weights/__0_0.distcp", "raw"), ("weights/.metadata", "pickle"),
                       ("context/io.json", "json")):
        disk.put("%s/%s" % (folder, name), kind, n)
    disk.remove(folder + "-unfinished")
    disk.remove("model--step=%d-last" % (n - 1))


@training("rl_model_{n}_steps.zip", "rl_model_{n}_steps.zip", "rl_model_replay_buffer_{n}_steps.pkl", "rl_model_vecnormalize_{n}_steps.pkl")
def stable_baselines(disk, n):
    disk.put("rl_model_%d_steps.zip" % n, "zip", n)
    for name in ("replay_buffer", "vecnormalize"):
        disk.put("rl_model_%s_%d_steps.pkl" % (name, n), "pickle", n)
    disk.put("evaluations.npz", "zip", n, in_place=True)


@training("PPO_x/checkpoint_{n:06d}", "PPO_x/checkpoint_{n:06d}/algorithm_state.pkl", "PPO_x/checkpoint_{n:06d}/policies/p/policy_state.pkl")
def rllib(disk, n):
    if n == 1:
        for name in ("tuner.pkl", "trainable.pkl", "PPO_x/params.pkl"):
            disk.put(name, "pickle", 0)
        disk.pass_time(30)
    disk.append("PPO_x/progress.csv", b"1,2\n")
    for name, kind in (("rllib_checkpoint.json", "json"), ("algorithm_state.pkl", "pickle"), ("policies/p/policy_state.pkl", "pickle")):
        disk.put("PPO_x/checkpoint_%06d/%s" % (n, name), kind, n)
    disk.remove("PPO_x/checkpoint_%06d" % (n - 2))


@training("checkpoint.pth", "checkpoint.pth", "train_buffer.pkl", setting="checkpoint.pth")
def tianshou_with_the_head_set(disk, n):
    disk.put("policy.pth", "zip", n, in_place=True)
    disk.put("checkpoint.pth", "zip", n, in_place=True)
    disk.put("train_buffer.pkl", "pickle", n, in_place=True)


@training("model.eqx")
def equinox(disk, n):
    disk.write("model.eqx", b'{"width": 8}\n' + content("npy", n), in_place=True)


@training("checkpoint_{n}", "checkpoint_{n}/checkpoint", "checkpoint_{n}/state.param.w0/0.0", "checkpoint_{n}/state.param.w1/0.0")
def t5x(disk, n):
    staging = "checkpoint_%d.tmp-1700000000" % n
    for name in ("state.param.w0", "state.param.w1"):
        disk.put("%s/%s/.zarray" % (staging, name), "json", n)
        disk.put("%s/%s/0.0" % (staging, name), "raw", n)
    disk.put(staging + "/checkpoint", "msgpack", n)
    disk.rename(staging, "checkpoint_%d" % n)
    disk.remove("checkpoint_%d" % (n - 2))


@training("arrays.npy", "arrays.npy", "tree.pkl")
def haiku(disk, n):
    disk.put("arrays.npy", "npy", n, in_place=True)
    disk.put("tree.pkl", "pickle", n, in_place=True)


@training("model.ckpt-{n}", "model.ckpt-{n}.data-00000-of-00001", "model.ckpt-{n}.index")
def tensorflow_estimator(disk, n):
    base = "model.ckpt-%d" % n
    for end, kind in ((".data-00000-of-00001", "raw"), (".index", "index")):
        disk.put(base + end + ".tempstate77", kind, n)
    for end in (".data-00000-of-00001", ".index"):
        disk.rename(base + end + ".tempstate77", base + end)
    disk.write("checkpoint.tmpa1b2c3", b'model_checkpoint_path: "%s"\n' % base.encode())
    disk.rename("checkpoint.tmpa1b2c3", "checkpoint")
    disk.put(base + ".meta", "raw", n)


@training("net-{n:04d}.params", "net-{n:04d}.params", "net-{n:04d}.states")
def mxnet(disk, n):
    disk.put("net-%04d.params" % n, "raw", n)
    disk.put("net-%04d.states" % n, "pickle", n)


@training("epoch_{n}.pth")
def mmengine_that_keeps_one(disk, n):
    disk.remove("epoch_%d.pth" % (n - 1))
    disk.put("epoch_%d.pth" % n, "zip", n)
    disk.write("last_checkpoint", b"/home/u/work_dirs/a/epoch_%d.pth" % n, in_place=True)
    disk.append("20240101/vis_data/scalars.json", b'{"a": 1}\n')


@training("latest_ckpt.pth")
def yolox(disk, n):
    disk.put("latest_ckpt.pth", "zip", n, in_place=True)
    disk.put("last_epoch_ckpt.pth", "zip", n, in_place=True)
    if n != 3:
        disk.put("best_ckpt.pth", "zip", n, in_place=True)


@training("last-step{n:08d}-state", "last-step{n:08d}-state/model.safetensors", "last-step{n:08d}-state/optimizer.bin")
def kohya(disk, n):
    disk.put("last-step%08d.safetensors" % n, "tensors", n)
    for name, kind in (("model.safetensors", "tensors"), ("optimizer.bin", "zip"), ("train_state.json", "json")):
        disk.put("last-step%08d-state/%s" % (n, name), kind, n)
    for old in ("last-step%08d.safetensors", "last-step%08d-state"):
        disk.remove(old % (n - 1))


@training("checkpoint-{n}.pth.tar")
def timm(disk, n):
    disk.put("tmp.pth.tar", "zip", n)
    disk.remove("last.pth.tar")
    disk.rename("tmp.pth.tar", "last.pth.tar")
    disk.hard_link("last.pth.tar", "checkpoint-%d.pth.tar" % n)
    if n != 3:
        disk.remove("model_best.pth.tar")
        disk.hard_link("last.pth.tar", "model_best.pth.tar")


@training("checkpoint-{n}.gguf")
def llama_cpp(disk, n):
    disk.put("checkpoint-%d.gguf" % n, "gguf", n)
    disk.put("checkpoint-LATEST.gguf", "gguf", n, in_place=True)


@training("exp.cbsnapshot")
def catboost(disk, n):
    disk.append("catboost_info/learn_error.tsv", b"1\t2\n")
    disk.put("exp.cbsnapshot.tmp", "raw", n)
    disk.rename("exp.cbsnapshot.tmp", "exp.cbsnapshot")


@training("model.txt.snapshot_iter_{n}")
def lightgbm_snapshots(disk, n):
    disk.write("model.txt.snapshot_iter_%d" % n, b"tree\n" + b"leaf=1\n" * 20 * n + b"|%06d|" % n)


@training("model-last", "model-last/ner/model", "model-last/tok2vec/model", "model-last/vocab/vectors")
def spacy(disk, n):
    for folder in (["model-best"] if n != 3 else []) + ["model-last"]:
        for name, kind in (("ner/model", "msgpack"), ("tok2vec/model", "msgpack"), ("vocab/vectors", "npy"), ("meta.json", "json")):
            disk.put("%s/%s" % (folder, name), kind, n, in_place=True)


@training("step_{n}_rank3.pt", *["step_{n}_rank%d.pt" % rank for rank in range(4)])
def ranks_side_by_side(disk, n):
    for rank in range(4):
        disk.put("step_%d_rank%d.pt" % (n, rank), "zip", n)


@training("", *["member_%d/model.pt" % member for member in range(4)])
def members_in_place(disk, n):
    for member in range(4):
        disk.put("member_%d/model.pt" % member, "zip", n, in_place=True)


@training("epoch_{n}.pt")
def rsync(disk, n):
    staging = ".epoch_%d.pt.%s" % (n, ("QwX%dzK" % n)[-6:])
    disk.put(staging, "zip", n)
    disk.rename(staging, "epoch_%d.pt" % n)


@training("runs/{n}-a", "runs/{n}-a/model.pt", "runs/{n}-a/optim.pt")
def link_that_is_swapped(disk, n):
    for name in ("model.pt", "optim.pt"):
        disk.put("runs/%d-a/%s" % (n, name), "zip", n)
    disk.link("latest.tmp", "runs/%d-a" % n)
    disk.remove("latest.tmp")
    disk.link("latest", "runs/%d-a" % n)
    disk.remove("runs/%d-a" % (n - 2))


@training("ckpt_{n}.tar")
def tar(disk, n):
    disk.put("ckpt_%d.tar" % n, "tar", n)


@training("model/step_{n}.pt", "model/step_{n}.pt", "optim/step_{n}.pt")
def optimizer_in_another_directory(disk, n):
    disk.put("model/step_%d.pt" % n, "zip", n)
    disk.put("optim/step_%d.pt" % n, "zip", n)


@training("training-state-{n:06d}.pt", "training-state-{n:06d}.pt", setting="training-state-*.pt")
def edm_with_the_head_set(disk, n):
    disk.put("network-snapshot-%06d.pkl" % n, "pickle", n)
    disk.put("training-state-%06d.pt" % n, "zip", n)


@training("ckpt/20240101T00000{n}F000001", "ckpt/20240101T00000{n}F000001/agent.pkl", "ckpt/20240101T00000{n}F000001/replay.pkl")
def dreamer(disk, n):
    for name in ("agent.pkl", "replay.pkl"):
        disk.put("ckpt/20240101T00000%dF000001/%s" % (n, name), "pickle", n)
    disk.write("ckpt/20240101T00000%dF000001/done" % n, b"")
    disk.write("ckpt/latest", b"20240101T00000%dF000001" % n, in_place=True)
    disk.remove("ckpt/20240101T00000%dF000001" % (n - 1))


@training("model.pt")
def copy_before_it_is_overwritten(disk, n):
    if n > 1:
        disk.copy("model.pt", "model.pt.bak")
    disk.put("model.pt", "zip", n, in_place=True)


@training("model_state_e{n}.th", "model_state_e{n}.th", "training_state_e{n}.th")
def allennlp(disk, n):
    disk.put("model_state_e%d.th" % n, "zip", n)
    disk.put("training_state_e%d.th" % n, "zip", n)
    if n < 3:
        disk.copy("model_state_e%d.th" % n, "best.th")


@training("model.iter{n}.npz", "model.iter{n}.npz", "model.npz", "model.npz.optimizer.npz")
def marian(disk, n):
    disk.put("model.iter%d.npz" % n, "zip", n)
    for name in ("model.npz", "model.npz.optimizer.npz"):
        disk.put(name, "zip", n, in_place=True)


@training("adapters.safetensors", "adapters.safetensors", "{n:07d}_adapters.safetensors")
def mlx(disk, n):
    disk.put("adapters.safetensors", "tensors", n, in_place=True)
    disk.put("%07d_adapters.safetensors" % n, "tensors", n)


@training("step{n}", "step{n}/model/rank0.pt", "step{n}/train/rank0.pt", "step{n}/config.yaml")
def olmo(disk, n):
    for name, kind in (("model/rank0.pt", "zip"), ("train/rank0.pt", "zip"), ("config.yaml", "text")):
        disk.put("step%d-tmp/%s" % (n, name), kind, n)
    disk.rename("step%d-tmp" % n, "step%d" % n)
    disk.link("latest", "step%d" % n)
    disk.remove("step%d" % (n - 1))


@training("step-{n}", "step-{n}/model/w0/d/" + "ab" * 16, "step-{n}/model/w1/d/" + "ab" * 16, "step-{n}/metadata.json")
def levanter(disk, n):
    for array in range(2):
        disk.put("step-%d/model/w%d/d/%s" % (n, array, "ab" * 16), "raw", n)
    disk.put("step-%d/metadata.json" % n, "json", n)


@training("epoch_{n}", "epoch_{n}/0/model.w", "epoch_{n}/1/model.w", "epoch_{n}/.snapshot_metadata")
def torchsnapshot(disk, n):
    for rank in range(2):
        disk.put("epoch_%d/%d/model.w" % (n, rank), "raw", n)
    disk.put("epoch_%d/.snapshot_metadata" % n, "text", n)


@training("checkpoint_{n}.pth")
def coqui(disk, n):
    disk.put("checkpoint_%d.pth" % n, "zip", n)
    if n != 3:
        disk.put("best_model_%d.pth" % n, "zip", n)
        disk.copy("best_model_%d.pth" % n, "best_model.pth")


@training("ckpt/epoch-{n}.pt")
def mlflow_beside_checkpoints(disk, n):
    disk.put("ckpt/epoch-%d.pt" % n, "zip", n)
    disk.append("mlruns/0/%s/metrics/loss" % ("a1" * 16), b"1 2 3\n")
    disk.put("mlruns/0/%s/artifacts/e%d/data/model.pth" % ("a1" * 16, n), "zip", n)


@training("{n}.mdl")
def kaldi(disk, n):
    for job in range(3):
        disk.put("%d.%d.raw" % (n, job), "raw", n)
    disk.put("%d.mdl" % n, "raw", n)
    for job in range(3):
        disk.remove("%d.%d.raw" % (n, job))


@training("w.model", "w.model", "w.model.wv.vectors.npy", "w.model.syn1neg.npy")
def gensim(disk, n):
    for name in ("w.model.wv.vectors.npy", "w.model.syn1neg.npy"):
        disk.put(name, "npy", n, in_place=True)
    disk.put("w.model", "pickle", n, in_place=True)


@training("model_{n}.joblib.gz")
def compressed_joblib(disk, n):
    disk.put("model_%d.joblib.gz" % n, "gz", n)


@training("lightning_logs/version_0/checkpoints/epoch={n}.ckpt", *[
    "lightning_logs/version_0/checkpoints/epoch={n}.ckpt/" + name for name in ("__0_0.distcp", "__1_0.distcp", ".metadata", "meta.pt")])
def lightning_sharded(disk, n):
    if n == 1:
        disk.put("lightning_logs/version_0/hparams.yaml", "text", 0)
        disk.pass_time(30)
    for name, kind in (("__0_0.distcp", "raw"), ("__1_0.distcp", "raw"), (".metadata", "pickle"), ("meta.pt", "zip")):
        disk.put("lightning_logs/version_0/checkpoints/epoch=%d.ckpt/%s" % (n, name), kind, n)
    disk.remove("lightning_logs/version_0/checkpoints/epoch=%d.ckpt" % (n - 1))


@training("checkpoint-{n}", "checkpoint-{n}/global_step{n}/mp_rank_00_model_states.pt", "checkpoint-{n}/trainer_state.json")
def transformers_with_deepspeed(disk, n):
    for name, kind in (("global_step%d/zero_pp_rank_0_mp_rank_00_optim_states.pt" % n, "zip"),
                       ("global_step%d/mp_rank_00_model_states.pt" % n, "zip"), ("scheduler.pt", "zip"), ("trainer_state.json", "json")):
        disk.put("checkpoint-%d/%s" % (n, name), kind, n)
    disk.remove("checkpoint-%d" % (n - 1))


@training("study.db")
def optuna_alone(disk, n):
    disk.put("study.db", "database", n, in_place=True)
