"""Real trainings, a real guard and a small S3: what trainings write comes to S3 whole, and back to where it was."""
import json
import os
import subprocess
import tempfile
import time
from types import SimpleNamespace

import live
import support
from runctl_guard.aws.session import Session
from runctl_guard.checkpoints.restore import restore
from runctl_guard.interruption.triggers import request
from runctl_guard.runs.run import FINAL_EVENTS
from runctl_guard.service import guard_process, spawn
from runctl_guard.system import paths
from runctl_guard.system.users import by_id

LIB = r'''
import json, os, signal, struct, sys, time, zipfile
d = os.environ["RUNCTL_CHECKPOINT_DIR"]; stop = []
signal.signal(signal.SIGTERM, lambda *a: stop.append(1))
def W(p, b=b"w" * 2000):
    os.makedirs(os.path.dirname(p), exist_ok=True)
    with open(p, "wb") as f: f.write(b if isinstance(b, bytes) else b.encode())
def Z(p, step):
    os.makedirs(os.path.dirname(p), exist_ok=True)
    with zipfile.ZipFile(p, "w") as z: z.writestr("data/step", str(step)); z.writestr("data/0", os.urandom(3000))
def S(p):
    h = b'{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'; W(p, len(h).to_bytes(8, "little") + h + b"\0" * 16)
def loop(save, every=4, pause=0.3):
    step = 0
    while not stop:
        time.sleep(pause); step += 1
        with open(os.environ["RUNCTL_PROGRESS_FILE"], "a") as f: f.write("step %d\n" % step)
        if step % every == 0: save(step)
    save(step); print("saved on SIGTERM", step, flush=True)
def hang():
    print("hanging", flush=True); signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True: time.sleep(1)
'''


class Layouts(live.LiveTest):
    SECONDS = 5.0

    def setUp(self):
        super().setUp()
        self.start_s3()
        self.imds = support.FakeImds()
        self.addCleanup(self.imds.close)
        self.set_environment(AWS_EC2_METADATA_SERVICE_ENDPOINT=self.imds.url)

    def drilled(self, text, seconds=None, grace=4.0, window=20.0, **checkpoint):
        """Trains for some seconds beside a guard, then a drill. The final event, keys and manifest of what S3 has."""
        self.train(text, grace, **checkpoint)
        time.sleep(self.SECONDS if seconds is None else seconds)
        return self.drill(window)

    def train(self, text, grace=4.0, **checkpoint):
        self.one = self.new_run(LIB + text, store=support.STORE, policy={"grace_seconds": grace, "on_exit": "keep"},
                                checkpoint=dict({"dir": "checkpoints", "mirror": True}, **checkpoint))
        from runctl_guard.checkpoints.resuming import note_beginning
        note_beginning(self.one, Session())
        self.start_training(self.one)
        log = open(os.path.join(paths.home(), "guard.log"), "ab")
        self.addCleanup(log.close)
        self.guard = subprocess.Popen(spawn.ours("guard"), stdout=log, stderr=log)
        self.addCleanup(self.guard.wait)
        self.addCleanup(self.guard.kill)
        support.eventually(guard_process.guard_identity)

    def drill(self, window=20.0):
        request(self.one, "interruption", "drill", time.time() + window)
        final = support.eventually(lambda: self.one.last_event(FINAL_EVENTS))
        with open(os.path.join(paths.home(), "guard.log")) as file:
            self.assertNotIn("Traceback", file.read())
        manifest = (final["data"]["checkpoint"] or {}).get("manifest")
        body = self.s3.json(manifest[len("s3://bucket/"):]) if manifest else None
        return SimpleNamespace(final=final["data"], manifest=body, uri=manifest, names=sorted(
            file["path"] for file in body["files"] if file["class"] != "older") if body else [])

    def told(self, kind="Warning"):
        return [event for event in self.one.events() if event["kind"] == kind]

    def restored(self, result):
        """The checkpoint in an empty directory, as another instance has it."""
        into = os.path.join(tempfile.mkdtemp(prefix="back-", dir=self.root), "checkpoints")
        back = restore(Session().s3(), result.uri, into, by_id(os.geteuid()))
        for path in back["restored"]:
            self.assertTrue(os.path.lexists(os.path.join(into, path)), path)
        return into, back

    def last(self, names, of=None):
        """The step of the newest of numbered names."""
        return max(int("".join(c for c in name if c.isdigit())) for name in names)

    def test_tensorflow_s_three_files(self):
        result = self.drilled('''
def save(n):
    W(f"{d}/ckpt-{n}.data-00000-of-00001", os.urandom(4000)); W(f"{d}/ckpt-{n}.index", os.urandom(300))
    W(f"{d}/checkpoint", f'model_checkpoint_path: "ckpt-{n}"\\n')
loop(save)''')
        into, back = self.restored(result)
        with open(os.path.join(into, "checkpoint")) as file:
            name = file.read().split('"')[1]
        self.assertEqual((name, True), (back["head"], result.manifest["saved_after_signal"]))
        self.assertTrue({name + ".index", name + ".data-00000-of-00001"} <= set(os.listdir(into)))

    def test_two_networks(self):
        result = self.drilled('loop(lambda n: (Z(f"{d}/netG_{n}.pth", n), Z(f"{d}/netD_{n}.pth", n)))')
        head = result.manifest["head"]
        self.assertIn(head.replace("netG", "netD"), result.names)
        self.assertTrue(result.manifest["complete"])
        self.assertEqual(2, result.manifest["schema"])

    def test_weights_beside_settings(self):
        result = self.drilled('''
W(f"{d}/args.json", '{"lr":0.1}')
time.sleep(4)
loop(lambda n: Z(f"{d}/checkpoint.pth.tar", n))''', seconds=8.0)
        self.assertEqual("checkpoint.pth.tar", result.manifest["head"])
        self.assertEqual(["args.json", "checkpoint.pth.tar"], result.names)
        # The path that users were promised.
        self.assertIn("saved/%s/checkpoints/checkpoint.pth.tar" % os.uname().nodename, self.s3.keys())

    def test_deepspeed_s_pointer_names_what_came_back(self):
        result = self.drilled('''
def save(n):
    g = f"{d}/global_step{n}"; Z(g + "/mp_rank_00_model_states.pt", n); Z(g + "/bf16_optim_states.pt", n)
    W(f"{d}/latest", f"global_step{n}")
loop(save)''')
        into, back = self.restored(result)
        with open(os.path.join(into, "latest")) as file:
            self.assertEqual(back["head"], file.read())
        self.assertEqual(["bf16_optim_states.pt", "mp_rank_00_model_states.pt"], sorted(os.listdir(back["local"])))

    def test_orbax(self):
        result = self.drilled('''
def save(n):
    t = f"{d}/{n}.orbax-checkpoint-tmp-1732000000"
    W(t + "/_CHECKPOINT_METADATA", "{}"); W(t + "/default/_METADATA", "{}"); W(t + "/default/manifest.ocdbt", os.urandom(200))
    W(t + "/default/d/" + "%032x" % n, os.urandom(4000)); os.rename(t, f"{d}/{n}")
loop(save)''')
        self.assertEqual("directory", result.manifest["kind"])
        self.assertTrue(result.manifest["head"].isdigit())
        self.assertFalse([name for name in self.s3.keys() if "tmp" in name])

    def test_an_unfinished_staging_directory_is_never_a_checkpoint(self):
        result = self.drilled('''
def save(n):
    t = f"{d}/tmp-checkpoint-{n}"; S(t + "/model.safetensors")
    if n >= 8: hang()
    Z(t + "/optimizer.pt", n); W(t + "/trainer_state.json", json.dumps({"global_step": n})); os.rename(t, f"{d}/checkpoint-{n}")
loop(save)''')
        self.assertEqual("checkpoint-4", result.manifest["head"])

    def test_shards_without_their_metadata_are_refused(self):
        result = self.drilled('''
def save(n):
    g = f"{d}/step_{n}"
    if os.path.exists(g): return
    W(g + "/__0_0.distcp", os.urandom(4000))
    if n >= 8: hang()
    W(g + "/__1_0.distcp", os.urandom(4000)); W(g + "/.metadata", b"\\x80\\x04" + os.urandom(500))
loop(save)''', seconds=7.0)
        self.assertEqual("step_4", result.manifest["head"])

    def test_a_log_in_json_lines_says_nothing_of_the_weights(self):
        result = self.drilled('''
def save(n):
    g = f"{d}/epoch_{n}"; Z(g + "/model.pt", n); W(g + "/log.json", "".join(json.dumps({"iter": i}) + "\\n" for i in range(1, n + 1)))
loop(save)''')
        self.assertEqual("uploaded", result.final["outcome"])
        self.assertEqual([], self.told("CheckpointRejected"))

    def test_a_dangling_link_is_left_out(self):
        result = self.drilled('''
def save(n):
    g = f"{d}/checkpoint-{n}"; Z(g + "/model.pt", n)
    os.path.lexists(g + "/tokenizer.json") or os.symlink("/data/cache/blobs/abcdef", g + "/tokenizer.json")
loop(save)''')
        self.assertIn(result.manifest["head"] + "/model.pt", result.names)
        self.assertFalse([name for name in result.names if "tokenizer" in name])

    def test_an_open_event_file_does_not_stop_the_mirror(self):
        self.train('''
os.makedirs(f"{d}/exp1", exist_ok=True); ev = open(f"{d}/exp1/events.out.tfevents.1.host", "ab"); ev.write(b"e" * 100); ev.flush()
def save(n): Z(f"{d}/exp1/.t", n); os.replace(f"{d}/exp1/.t", f"{d}/exp1/last.ckpt")
loop(save, every=20)''')
        support.eventually(lambda: len(self.told("CheckpointUploaded")) >= 2)
        # A late guard takes the folder for the head until it is saved into again.
        support.eventually(lambda: "exp1/last.ckpt" in [one["data"]["head"] for one in self.told("CheckpointLayout")])
        result = self.drill()
        self.assertIn("exp1/events.out.tfevents.1.host", result.names)

    def test_links_come_back_as_links(self):
        result = self.drilled('''
def save(n):
    Z(f"{d}/epoch={n}.ckpt", n)
    os.path.lexists(f"{d}/last.ckpt") and os.unlink(f"{d}/last.ckpt"); os.symlink(f"epoch={n}.ckpt", f"{d}/last.ckpt")
loop(save)''')
        into, back = self.restored(result)
        self.assertEqual(back["head"], os.readlink(os.path.join(into, "last.ckpt")))

    def test_odd_names(self):
        result = self.drilled('loop(lambda n: (Z(f"{d}/epoch:{n}\\\\x\\n1.ckpt", n), Z(f"{d}/100%_done+final#1 {n}.pt", n)))')
        into, back = self.restored(result)
        self.assertEqual(len(result.names), len(back["restored"]) - sum(
            file["class"] == "older" for file in result.manifest["files"]))

    def test_a_restarted_guard_goes_on_from_what_was_seen(self):
        self.train('loop(lambda n: (Z(f"{d}/netG_{n}.pth", n), Z(f"{d}/netD_{n}.pth", n)), every=12)')
        for _ in range(3):
            time.sleep(2.5)
            self.guard.kill()
            self.guard.wait()
            log = open(os.path.join(paths.home(), "guard.log"), "ab")
            self.addCleanup(log.close)
            self.guard = subprocess.Popen(spawn.ours("guard"), stdout=log, stderr=log)
            self.addCleanup(self.guard.wait)
            self.addCleanup(self.guard.kill)
        result = self.drill()
        self.assertIn(result.manifest["head"].replace("netG", "netD"), result.names)
        self.assertTrue(result.manifest["saved_after_signal"])
