"""The file that training scripts may use: as a script sees it, in processes of its own, and on stand-ins of the frameworks."""
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import types
import unittest
import zipfile
from unittest import mock

from live import support
import runctl_train

FOLDER = os.path.abspath(support.PROGRAM)
TOLD = ("RUNCTL_STOP_FILE", "RUNCTL_STOP_SIGNAL", "RUNCTL_PROGRESS_FILE", "RUNCTL_CHECKPOINT_DIR",
        "RUNCTL_RESUME_FROM", "LOCAL_RANK", "SLURM_LOCALID")


class Scripts(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="runctl-train-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, code, *arguments, **environment):
        values = {name: value for name, value in os.environ.items() if name not in TOLD}
        values.update(environment, PYTHONPATH=FOLDER, PYTHONUNBUFFERED="1", PYTHONDONTWRITEBYTECODE="1")
        process = subprocess.Popen([sys.executable, "-W", "error::ResourceWarning", "-c", code] + list(arguments),
                                   cwd=self.folder, env=values, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, universal_newlines=True)

        def end():
            if process.poll() is None:
                process.kill()
            process.communicate()
        self.addCleanup(end)
        return process

    def run_script(self, code, *arguments, **environment):
        process = self.start(code, *arguments, **environment)
        output, errors = process.communicate(timeout=60)
        self.assertEqual(0, process.returncode, errors)
        self.errors = errors
        return output

    def read(self, name):
        with open(self.path(name)) as file:
            return file.read()


# Says that it is ready, waits until it was signalled, and says what it makes of that.
WAITS = """
import runctl_train, signal, sys
%s
assert not runctl_train.stop_requested()
print("ready")
sys.stdin.readline()
print(runctl_train.stop_requested())
"""


class Stopping(Scripts):
    def signalled(self, code, number=signal.SIGTERM, **environment):
        """The output after the signal, or the exit code of a script that died of it."""
        process = self.start(code, **environment)
        self.assertEqual("ready\n", process.stdout.readline())
        process.send_signal(number)
        output, errors = process.communicate("\n", timeout=60)
        self.assertIn(process.returncode, (0, -number), errors)
        return process.returncode or output

    def test_the_signal_asks_to_stop_and_ends_nothing(self):
        self.assertEqual("True\n", self.signalled(WAITS % ""))

    def test_another_signal_can_be_the_one(self):
        for name in ("USR1", "SIGUSR1", str(int(signal.SIGUSR1))):
            self.assertEqual("True\n", self.signalled(WAITS % "", signal.SIGUSR1, RUNCTL_STOP_SIGNAL=name))

    def test_an_interrupt_as_the_signal_does_not_raise(self):
        self.assertEqual("True\n", self.signalled(WAITS % "", signal.SIGINT, RUNCTL_STOP_SIGNAL="INT"))

    def test_a_handler_that_was_there_is_called_too(self):
        code = WAITS % "signal.signal(signal.SIGTERM, lambda number, frame: print('the one before:', number, frame is not None))"
        self.assertEqual("the one before: 15 True\nTrue\n", self.signalled(code))

    def test_a_script_that_only_imports_it_dies_of_the_signal_as_before(self):
        self.assertEqual(-signal.SIGTERM, self.signalled("import runctl_train, sys\nprint('ready')\nsys.stdin.readline()"))

    def test_a_handler_of_native_code_is_left_alone_and_that_is_said(self):
        output = self.run_script("""
import ctypes, os, runctl_train, signal
handler = ctypes.CFUNCTYPE(None, ctypes.c_int)(lambda number: print("native", number))
ctypes.CDLL(None).signal(signal.SIGTERM, handler)
print(runctl_train.stop_requested())
os.kill(os.getpid(), signal.SIGTERM)
print(runctl_train.stop_requested())
""")
        self.assertEqual("False\nnative 15\nFalse\n", output)
        self.assertIn("only RUNCTL_STOP_FILE is seen", self.errors)

    def test_a_file_is_a_request_too(self):
        output = self.run_script("import runctl_train\nprint(runctl_train.stop_requested())\nopen('stop', 'w').close()\n"
                                 "print(runctl_train.stop_requested())", RUNCTL_STOP_FILE=self.path("stop"))
        self.assertEqual("False\nTrue\n", output)

    def test_first_asked_in_another_thread_it_handles_the_signal_once_the_main_thread_asks(self):
        code = WAITS % "import threading; thread = threading.Thread(target=runctl_train.stop_requested); thread.start(); " \
                       "thread.join(); assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL"
        self.assertEqual("True\n", self.signalled(code))

    def test_a_forked_child_dies_of_the_signal_as_without_it(self):
        output = self.run_script("""
import multiprocessing, os, runctl_train, signal
runctl_train.stop_requested()
os.kill(os.getpid(), signal.SIGTERM)
def work(told):
    told.send((signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, runctl_train.stop_requested(),
               signal.getsignal(signal.SIGTERM) == signal.SIG_DFL))
    signal.pause()
context = multiprocessing.get_context("fork")
here, there = context.Pipe()
worker = context.Process(target=work, args=(there,), daemon=True)
worker.start()
print(runctl_train.stop_requested(), here.recv())
worker.terminate()
worker.join(30)
print(worker.exitcode)
""")
        self.assertEqual("True (True, False, True)\n-15\n", output)

    def test_the_handler_before_is_back_in_a_forked_child(self):
        output = self.run_script("""
import os, runctl_train, signal
before = lambda *_: None
signal.signal(signal.SIGTERM, before)
runctl_train.stop_requested()
child = os.fork()
if child == 0:
    os._exit(signal.getsignal(signal.SIGTERM) is before)
print(os.WEXITSTATUS(os.waitpid(child, 0)[1]))
""")
        self.assertEqual("1\n", output)

    def test_a_forked_rank_is_asked_to_stop_by_itself(self):
        output = self.run_script("""
import multiprocessing, os, runctl_train, signal
runctl_train.stop_requested()
def rank(told):
    assert not runctl_train.stop_requested()
    os.kill(os.getpid(), signal.SIGTERM)
    told.send(runctl_train.stop_requested())
context = multiprocessing.get_context("fork")
here, there = context.Pipe()
process = context.Process(target=rank, args=(there,))
process.start()
print(here.recv(), runctl_train.stop_requested())
process.join(30)
""")
        self.assertEqual("True False\n", output)


class Together(unittest.TestCase):
    """On a stand-in of torch.distributed in which another rank was told."""

    def setUp(self):
        self.device = None
        torch = types.ModuleType("torch")
        torch.distributed = distributed = types.ModuleType("torch.distributed")
        distributed.is_available = distributed.is_initialized = lambda: True
        distributed.get_backend = lambda: self.backend
        distributed.ReduceOp = types.SimpleNamespace(MAX="max")
        torch.tensor = self.tensor
        distributed.all_reduce = lambda value, op: value.append(op == "max" and 1)
        patch = mock.patch.dict(sys.modules, {"torch": torch, "torch.distributed": distributed})
        patch.start()
        self.addCleanup(patch.stop)
        self.distributed, self.torch = distributed, torch

    def tensor(self, values, device):
        self.device = device

        class Tensor(list):
            def item(self):
                return max(self)
        return Tensor(values)

    def test_the_ranks_agree_with_the_one_that_was_told(self):
        self.backend = "gloo"
        self.assertTrue(runctl_train._of_any_rank(False))
        self.assertEqual("cpu", self.device)

    def test_they_agree_where_the_backend_can(self):
        for backend, device in (("nccl", "cuda"), ("cpu:gloo,cuda:nccl", "cpu"), ("mpi", "cpu")):
            self.backend = backend
            runctl_train._of_any_rank(False)
            self.assertEqual(device, self.device)
        self.torch.accelerator = types.SimpleNamespace(current_accelerator=lambda: "xpu")
        self.backend = "xccl"
        runctl_train._of_any_rank(False)
        self.assertEqual("xpu", self.device)

    def test_before_there_is_a_group_each_answers_for_itself(self):
        self.distributed.is_initialized = lambda: False
        self.assertEqual([True, False], [runctl_train._of_any_rank(told) for told in (True, False)])


class Steps(Scripts):
    def test_they_are_reported_as_the_guard_reads_them(self):
        from runctl_guard.runs import run
        self.run_script("import runctl_train\nfor n in range(3, 1000):\n    runctl_train.step(n)",
                        RUNCTL_PROGRESS_FILE=self.path("progress"))
        self.assertEqual((3, 999), (run._step(self.path("progress"), False), run._step(self.path("progress"), True)))

    def test_outside_of_runctl_nothing_is_written_and_nothing_fails(self):
        self.assertEqual("", self.run_script("import runctl_train\nrunctl_train.step(1)"))
        self.assertEqual([], os.listdir(self.folder))

    def test_of_several_ranks_on_a_machine_the_first_reports(self):
        for name, rank in (("LOCAL_RANK", "1"), ("SLURM_LOCALID", "3"), ("LOCAL_RANK", "0")):
            self.run_script("import runctl_train\nrunctl_train.step(7)",
                            **{name: rank, "RUNCTL_PROGRESS_FILE": self.path(name + rank)})
        self.assertEqual(["LOCAL_RANK0"], os.listdir(self.folder))

    def test_a_file_that_cannot_be_written_is_a_warning_and_the_training_goes_on(self):
        for path in (self.folder + "/missing/progress", "/dev/full"):
            self.run_script("import runctl_train\nfor n in range(3):\n    runctl_train.step(n)", RUNCTL_PROGRESS_FILE=path)
            self.assertEqual(1, self.errors.count("Steps cannot be reported to Runctl"), self.errors)

    def test_a_forked_child_does_not_hold_the_file(self):
        output = self.run_script("""
import os, runctl_train
runctl_train.step(1)
held = lambda: sum(os.path.basename(os.readlink("/proc/self/fd/" + name)) == "progress"
                   for name in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + name))
child = os.fork()
if child == 0:
    os._exit(held())
print(held(), os.WEXITSTATUS(os.waitpid(child, 0)[1]))
""", RUNCTL_PROGRESS_FILE=self.path("progress"))
        self.assertEqual("1 0\n", output)

    def test_a_step_costs_microseconds(self):
        output = self.run_script("""
import runctl_train, time
begin = time.process_time()
for n in range(20000):
    runctl_train.step(n)
    runctl_train.stop_requested()
print((time.process_time() - begin) / 20000)
""", RUNCTL_PROGRESS_FILE=self.path("progress"), RUNCTL_STOP_FILE=self.path("stop"))
        self.assertLess(float(output), 100e-6)


class Resuming(Scripts):
    def resume_path(self, *arguments, **environment):
        return json.loads(self.run_script("import json, runctl_train\nprint(json.dumps(runctl_train.resume_path()))",
                                          *arguments, **environment))

    def test_it_is_what_runctl_restored(self):
        self.assertEqual("/c", self.resume_path("--resume", "b", RUNCTL_RESUME_FROM="/c"))

    def test_without_runctl_it_is_what_the_arguments_say(self):
        self.assertEqual("b", self.resume_path("--resume", "a", "--resume", "b", "--lr", "1"))
        self.assertEqual("b=c", self.resume_path("--resume=b=c"))

    def test_an_argument_without_a_value_names_nothing(self):
        for arguments in ((), ("--resume",), ("--resume", "--lr"), ("--resume=",), ("--resume-later", "x")):
            self.assertIsNone(self.resume_path(*arguments))

    def test_the_folder_for_checkpoints_exists(self):
        self.run_script("import runctl_train, os\nassert os.path.isdir(runctl_train.checkpoint_dir())",
                        RUNCTL_CHECKPOINT_DIR=self.path("a/b"))
        self.assertEqual("checkpoints\n", self.run_script("import runctl_train\nprint(runctl_train.checkpoint_dir())"))
        self.assertEqual(["a", "checkpoints"], sorted(os.listdir(self.folder)))


class Saving(Scripts):
    def write(self, path, text="new"):
        with open(path, "w") as file:
            file.write(text)

    def fill(self, path, text="new"):
        os.makedirs(path + "/inner")
        self.write(path + "/inner/file", text)

    def test_a_file_is_there_whole_and_alone(self):
        path = self.path("deep/model.pt")
        for text in ("old", "new"):
            self.assertEqual(path, runctl_train.atomic_save(path, lambda staging: self.write(staging, text)))
            self.assertEqual(text, self.read("deep/model.pt"))
        self.assertEqual(["model.pt"], os.listdir(self.path("deep")))

    def test_a_folder_replaces_the_one_before(self):
        for text in ("old", "new"):
            runctl_train.atomic_save(self.path("checkpoint-5"), lambda staging: self.fill(staging, text))
            self.assertEqual((text, ["checkpoint-5"]), (self.read("checkpoint-5/inner/file"), os.listdir(self.folder)))

    def test_what_is_being_written_keeps_its_ending_and_is_no_checkpoint_for_runctl(self):
        from runctl_guard.checkpoints import names
        for name in ("epoch_1.pt", "weights.npz", "checkpoint-5", "epoch=1-loss=0.25", "checkpoint.pth.tar"):
            seen = []
            runctl_train.atomic_save(self.path(name), lambda staging: (seen.append(staging), self.write(staging)))
            self.assertEqual(self.folder, os.path.dirname(seen[0]))
            self.assertTrue(seen[0].endswith(os.path.splitext(name)[1]))
            self.assertTrue(names.is_staging(os.path.basename(seen[0])), seen)

    def test_a_save_that_fails_leaves_the_one_before_and_nothing_else(self):
        self.write(self.path("model.pt"), "old")

        def fails(staging):
            self.write(staging)
            raise ValueError("no tensor")
        with self.assertRaisesRegex(ValueError, "no tensor"):
            runctl_train.atomic_save(self.path("model.pt"), fails)
        self.assertEqual(("old", ["model.pt"]), (self.read("model.pt"), os.listdir(self.folder)))

    def test_a_save_that_writes_another_name_says_so(self):
        with self.assertRaisesRegex(FileNotFoundError, "did not write"):
            runctl_train.atomic_save(self.path("model.pt"), lambda staging: None)

    def test_it_is_on_the_disk_before_it_gets_its_name(self):
        calls, sync, replace = [], os.fsync, os.replace

        def name(descriptor):
            return os.path.basename(os.readlink("/proc/self/fd/%d" % descriptor))
        with mock.patch.object(os, "fsync", lambda descriptor: (calls.append(name(descriptor)), sync(descriptor))), \
                mock.patch.object(os, "replace", lambda *paths: (calls.append("renamed"), replace(*paths))):
            runctl_train.atomic_save(self.path("checkpoint-5"), self.fill)
        staging = "checkpoint-5.tmp-%d" % os.getpid()
        self.assertEqual([staging, "inner", "file"], sorted(calls[:3], key=[staging, "inner", "file"].index))
        self.assertEqual(["renamed", os.path.basename(self.folder)], calls[3:])

    def test_two_processes_that_save_the_same_name_do_not_mix(self):
        code = "import runctl_train, sys\nfor n in range(50):\n" \
               "    runctl_train.atomic_save('model.pt', lambda path: open(path, 'w').write(sys.argv[1] * 10000))"
        saving = [self.start(code, letter) for letter in "ab"]
        for process in saving:
            process.communicate(timeout=60)
            self.assertEqual(0, process.returncode)
        self.assertIn(self.read("model.pt"), ("a" * 10000, "b" * 10000))
        self.assertEqual(["model.pt"], os.listdir(self.folder))

    def test_windows_has_no_folders_to_sync(self):
        opened = os.open

        def refuse(path, flags, *more):
            if os.path.isdir(path) or flags & os.O_ACCMODE == os.O_RDONLY:
                raise PermissionError(path)
            return opened(path, flags, *more)
        with mock.patch.object(os, "name", "nt"), mock.patch.object(os, "open", refuse):
            runctl_train.atomic_save(self.path("checkpoint-5"), self.fill)
        self.assertEqual("new", self.read("checkpoint-5/inner/file"))

    def test_it_can_be_imported_where_processes_do_not_fork(self):
        self.run_script("import os\ndel os.register_at_fork\nimport runctl_train\nassert not runctl_train.stop_requested()")


class Told(unittest.TestCase):
    """A script that was told, and what it reported and saved."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="runctl-train-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.reported, self.told = [], False
        for name, value in (("step", self.reported.append), ("stop_requested", lambda together=False: self.told)):
            patch = mock.patch.object(runctl_train, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        patch = mock.patch.dict(os.environ, RUNCTL_CHECKPOINT_DIR=self.folder)
        patch.start()
        self.addCleanup(patch.stop)

    def package(self, **modules):
        """Packages with the given contents, which are gone after the test."""
        made = {}
        for name, content in modules.items():
            made[name.replace("__", ".")] = module = types.ModuleType(name)
            vars(module).update(content)
        patch = mock.patch.dict(sys.modules, made)
        patch.start()
        self.addCleanup(patch.stop)
        for name in ("TransformersCallback", "LightningCallback"):
            self.addCleanup(vars(runctl_train).pop, name, None)


class TransformersTrainer(Told):
    """A stand-in with the published interface: events return the control, which the loop obeys after each step."""

    def setUp(self):
        super().setUp()

        class TrainerCallback:
            def on_train_begin(self, args, state, control, **kwargs):
                pass

            def on_step_end(self, args, state, control, **kwargs):
                pass

            def on_save(self, args, state, control, **kwargs):
                pass
        self.package(transformers={"TrainerCallback": TrainerCallback})
        self.base = TrainerCallback

    def train(self, callback, steps, told_in=None):
        control = types.SimpleNamespace(should_save=False, should_training_stop=False)
        state, saved = types.SimpleNamespace(global_step=0), []

        def event(name):
            returned = getattr(callback, name)(None, state, control, model=None)
            self.assertIn(returned, (None, control))
        event("on_train_begin")
        while state.global_step < steps and not control.should_training_stop:
            control.should_save = False
            self.told = state.global_step + 1 == told_in
            state.global_step += 1
            event("on_step_end")
            if control.should_save:
                saved.append(state.global_step)
                event("on_save")
        return saved

    def test_it_saves_and_stops_after_the_step_in_which_it_was_told(self):
        callback = runctl_train.TransformersCallback()
        self.assertIsInstance(callback, self.base)
        self.assertEqual([3], self.train(callback, 10, told_in=3))
        self.assertEqual([1, 2, 3], self.reported)

    def test_otherwise_it_changes_nothing(self):
        self.assertEqual([], self.train(runctl_train.TransformersCallback(), 4))


class LightningTrainer(Told):
    """A stand-in with the published interface: hooks get the trainer, which ends when it should stop."""

    def setUp(self):
        super().setUp()
        self.base = type("Callback", (), {})
        self.package(lightning={}, lightning__pytorch={"Callback": self.base})
        self.trainer = types.SimpleNamespace(global_step=0, current_epoch=4, should_stop=False, save_checkpoint=self.save)
        self.saved = []

    def save(self, path):
        self.saved.append(os.path.relpath(path, self.folder))

    def train(self, callback, steps, told_in=None):
        callback.on_train_start(self.trainer, None)
        while self.trainer.global_step < steps and not self.trainer.should_stop:
            self.told = self.trainer.global_step + 1 == told_in
            self.trainer.global_step += 1
            callback.on_train_batch_end(self.trainer, None, None, None, 0)

    def test_it_saves_and_stops_after_the_batch_in_which_it_was_told(self):
        callback = runctl_train.LightningCallback()
        self.assertIsInstance(callback, self.base)
        self.train(callback, 10, told_in=3)
        self.assertEqual((["epoch=4-step=3.ckpt"], [1, 2, 3]), (self.saved, self.reported))

    def test_it_saves_beside_the_checkpoints_of_the_trainer_unless_runctl_does_not_keep_them(self):
        inside = os.path.join(self.folder, "lightning_logs/version_0/checkpoints")
        for folder, expected in ((inside, os.path.relpath(inside, self.folder)), (self.folder + "-elsewhere", "."), (None, ".")):
            self.trainer.checkpoint_callback = types.SimpleNamespace(dirpath=folder)
            self.train(runctl_train.LightningCallback(), 10, told_in=1)
            self.assertEqual(expected, os.path.dirname(self.saved[-1]) or ".")
            self.trainer.global_step, self.trainer.should_stop = 0, False

    def test_told_while_it_validates_it_saves_once(self):
        callback = runctl_train.LightningCallback()
        self.train(callback, 2)
        self.told = True
        for _ in range(2):
            callback.on_exception(self.trainer, None, SystemExit())
        self.assertEqual(["epoch=4-step=2.ckpt"], self.saved)

    def test_an_error_of_the_training_saves_nothing(self):
        self.told = True
        runctl_train.LightningCallback().on_exception(self.trainer, None, ValueError())
        self.assertEqual([], self.saved)

    def test_the_package_that_the_script_has_imported_is_taken(self):
        del sys.modules["lightning.pytorch"]
        self.package(pytorch_lightning={"Callback": self.base})
        self.assertTrue(issubclass(runctl_train.LightningCallback, self.base))

    def test_it_can_be_sent_to_another_process(self):
        copy = pickle.loads(pickle.dumps(runctl_train.LightningCallback()))
        self.assertIs(runctl_train.LightningCallback, type(copy))


UNDER_THE_GUARD = """
import mine, os, runctl_train, sys, time
print(runctl_train.__file__, mine.__file__, runctl_train.resume_path(), sys.argv[1:], flush=True)
number = 0
while not runctl_train.stop_requested():
    number += 1
    runctl_train.step(number)
    time.sleep(0.02)
def write(staging):
    with open(staging, "w") as file:
        file.write('{"step": %d}' % number)
print(runctl_train.atomic_save(os.path.join(runctl_train.checkpoint_dir(), "step_%d.json" % number), write), flush=True)
"""


class UnderTheGuard(support.RootedTest):
    """A real training, started by the guard as an instance gets it: packed, and without comments."""

    def setUp(self):
        super().setUp()
        self.program = os.path.join(self.root, "guard.pyz")
        with zipfile.ZipFile(self.program, "w") as archive:
            for path in support.sources():
                archive.writestr(os.path.relpath(path, support.PROGRAM), support.stripped(support.read(path)))
        self.addCleanup(support.kill_all_of, self.root)
        for path, text in (("project/train.py", UNDER_THE_GUARD), ("theirs/mine.py", "")):
            path = os.path.join(self.root, "home/ubuntu", path)
            os.makedirs(os.path.dirname(path))
            with open(path, "w") as file:
                file.write(text)

    def guard(self, *arguments):
        done = subprocess.run([sys.executable, "-IBS", self.program] + list(arguments), stdout=subprocess.PIPE,
                              universal_newlines=True)
        self.assertEqual(0, done.returncode, done.stdout)
        return json.loads(done.stdout)

    def start(self, **changes):
        with open(os.path.join(self.root, "spec.json"), "w") as file:
            json.dump(self.spec(**changes), file)
        return self.guard("run", "--spec", file.name)

    def run_and_stop(self, **changes):
        """The log's lines and the last step of a training that was told to stop."""
        run_id = self.start(**changes)["run_id"]
        support.eventually(lambda: (self.guard("status", "--run", run_id)["runs"][0]["last_step"] or 0) >= 3)
        self.guard("stop", "--run", run_id)
        ended = support.eventually(lambda: next((one for one in self.guard("status", "--run", run_id)["runs"]
                                                 if one["state"] == "stopped"), None))
        self.assertEqual(0, ended["exit_code"])
        with open(os.path.join(self.root, "var/lib/runctl/runs", run_id, "log")) as file:
            return file.read().split("\n"), ended["last_step"]

    def test_a_training_finds_it_behind_its_own_and_saves_when_it_is_told(self):
        theirs = os.path.join(self.root, "home/ubuntu/theirs")
        log, last = self.run_and_stop(environment={"PYTHONPATH": theirs})
        library = os.path.join(self.root, "var/lib/runctl-training", support.RUN_ID, "lib/runctl_train.py")
        self.assertEqual("%s %s None []" % (library, theirs + "/mine.py"), log[0])
        self.assertEqual(os.path.join(self.root, "home/ubuntu/project/checkpoints/step_%d.json" % last), log[1])
        self.assertEqual((0o644, 0o755), tuple(os.stat(path).st_mode & 0o777 for path in (library, os.path.dirname(library))))

    def test_one_that_the_user_brings_comes_first(self):
        theirs = os.path.join(self.root, "home/ubuntu/theirs")
        shutil.copy(runctl_train.__file__, theirs)
        log, _ = self.run_and_stop(environment={"PYTHONPATH": theirs})
        self.assertEqual(os.path.join(theirs, "runctl_train.py"), log[0].split()[0])

    def test_it_is_told_in_whatever_way_was_set(self):
        theirs = os.path.join(self.root, "home/ubuntu/theirs")
        for number, way in enumerate(({"stop_signal": "USR1"}, {"stop_file": True})):
            policy = dict({"grace_seconds": 20.0, "on_exit": "keep"}, **way)
            log, last = self.run_and_stop(environment={"PYTHONPATH": theirs}, policy=policy,
                                          run_id="%s-%d" % (support.RUN_ID, number))
            self.assertTrue(log[1].endswith("/step_%d.json" % last), log)

    def test_what_was_restored_is_what_it_resumes_from(self):
        checkpoint = os.path.join(self.root, "home/ubuntu/project/checkpoints/step_7.json")
        os.makedirs(os.path.dirname(checkpoint))
        with open(checkpoint, "w") as file:
            file.write('{"step": 7}')
        theirs = os.path.join(self.root, "home/ubuntu/theirs")
        log, _ = self.run_and_stop(environment={"PYTHONPATH": theirs}, attempt={
            "number": 1, "nonce": "n", "resume_from": {"path": checkpoint}})
        self.assertEqual([checkpoint, "[]"], log[0].split()[2:])


class Names(unittest.TestCase):
    def test_a_framework_that_is_missing_is_named_when_its_callback_is_asked_for(self):
        with mock.patch.dict(sys.modules, {"transformers": None}), self.assertRaisesRegex(ImportError, "transformers"):
            runctl_train.TransformersCallback

    def test_a_name_that_does_not_exist_is_an_attribute_error(self):
        self.assertFalse(hasattr(runctl_train, "nothing"))


if __name__ == "__main__":
    unittest.main()
