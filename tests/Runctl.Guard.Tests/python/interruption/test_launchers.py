"""Real launchers, shells and pipes around a trainer: it is told itself, and they are left alone."""
import os
import shutil
import subprocess
import tempfile
import unittest
from unittest import mock

from .trainings import LAUNCH, TRAIN, Training, needs
from runctl_guard.interruption import telling
from runctl_guard.runs.journal import Journal

GO_WRAPPER = '''package main
import ("os"; "os/exec")
func main() {
    command := exec.Command(os.Args[1], os.Args[2:]...)
    command.Stdout, command.Stderr = os.Stdout, os.Stderr
    if command.Run() != nil { os.Exit(1) }
}
'''
GO_SERVICE = '''package main
import ("bufio"; "fmt"; "os"; "os/signal"; "syscall")
func main() {
    told := make(chan os.Signal, 1)
    signal.Notify(told, syscall.SIGTERM, syscall.SIGINT)
    go func() { <-told; os.Exit(3) }()
    lines := bufio.NewScanner(os.Stdin)
    for lines.Scan() { fmt.Println("noted", lines.Text()) }
}
'''
NODE = "const c = require('child_process').spawn('/usr/bin/python3', ['train.py'], {stdio: 'inherit'});\n" \
       "c.on('exit', code => process.exit(code === null ? 1 : code));\n"
SAVED = ["train.py SIGTERM", "train.py saved"]


def go(test, text):
    """The path of a built Go program."""
    folder = tempfile.mkdtemp(prefix="runctl-go-")
    test.addCleanup(shutil.rmtree, folder)
    with open(os.path.join(folder, "main.go"), "w") as file:
        file.write(text)
    subprocess.run(["go", "build", "-o", "program", "main.go"], cwd=folder, check=True, env=dict(
        os.environ, HOME=folder, GOCACHE=os.path.join(tempfile.gettempdir(), "runctl-go-cache"), GOFLAGS="-mod=mod"))
    return os.path.join(folder, "program")


class Launchers(Training):
    def saves_when_told_itself(self, script, seen=True, **files):
        run = self.started(script, **files)
        if seen:
            self.look()
        self.interrupt(run)
        self.assertEqual(SAVED, self.signals())
        self.assertEqual(("python3 train.py", "trainer"), self.told(run)[0])
        self.assertNotIn("TrainingKilled", self.kinds(run))
        return run

    def test_a_launcher_without_a_handler_is_left_alone(self):
        run = self.saves_when_told_itself("launch.py", launch_py=LAUNCH)
        self.assertEqual(0, self.final["data"]["exit_code"])
        self.assertEqual([("python3 train.py", "trainer")], self.told(run))
        [trainer] = self.final["data"]["trainers"]
        self.assertEqual((True, 0.0, "SIGTERM", False),
                         tuple(trainer[name] for name in ("handles", "told_after", "by", "killed")))

    def test_a_trainer_below_a_launcher_is_reached_also_before_anything_is_known_of_them(self):
        run = self.started("launch.py", launch_py=LAUNCH)
        self.interrupt(run)
        self.assertEqual(SAVED, self.signals())

    def test_two_launchers_above_each_other(self):
        self.saves_when_told_itself("outer.py", launch_py=LAUNCH, outer_py=LAUNCH.replace("train.py", "launch.py"))

    def executes(self, first, script, **files):
        """`first` is the argument of the process that executes the trainer once it has been seen."""
        run = self.started(script, wait="", **files)
        self.look(lambda watch: any(first in "".join(fact.argv[1:2]) for fact in watch.facts(watch.target.members()).values()))
        open(os.path.join(self.project, "seen"), "w").close()
        self.look()
        self.interrupt(run)
        self.assertEqual(SAVED, self.signals())
        self.assertEqual([("python3 train.py", "trainer")], self.told(run))

    def test_a_shell_script_with_the_name_of_the_trainer_that_it_executes(self):
        # As those of pyenv and asdf.
        shim = "#!/bin/bash\nuntil [ -e seen ]; do sleep 0.05; done\nexec /usr/bin/python3 \"$@\"\n"
        self.executes("shims/python3", "run.sh", python3_shim=shim, run_sh="mkdir shims\ncp python3.shim shims/python3\n"
                      "chmod +x shims/python3\nPATH=$PWD/shims:$PATH\npython3 train.py\n")

    def test_a_launcher_that_executes_another_script_of_its_language(self):
        self.executes("launch.py", "launch.py", launch_py="import os, sys, time\nwhile not os.path.exists('seen'): time.sleep(0.05)\n"
                      "os.execv(sys.executable, [sys.executable, 'train.py'])\n")

    @needs("node")
    def test_node(self):
        self.saves_when_told_itself("run.sh", run_sh="node launch.js", launch_js=NODE)

    @needs("make")
    def test_make(self):
        self.saves_when_told_itself("run.sh", run_sh="make -f make.mk train", make_mk="train:\n\t/usr/bin/python3 train.py\n")

    @needs("go")
    def test_go(self):
        self.saves_when_told_itself("run.sh", run_sh="%s /usr/bin/python3 train.py" % go(self, GO_WRAPPER))

    @needs("tini")
    def test_tini(self):
        self.saves_when_told_itself("run.sh", run_sh="exec tini -s -- /usr/bin/python3 train.py")

    @needs("dumb-init")
    def test_dumb_init(self):
        self.saves_when_told_itself("run.sh", run_sh="exec dumb-init /usr/bin/python3 train.py")

    @needs("su")
    def test_su(self):
        # su forwards the signal and kills two seconds later: told itself, the trainer has its whole grace.
        slow = TRAIN.replace("train()", "save_at_once = save\ndef save(step):\n    time.sleep(3 if stop else 0)\n"
                             "    save_at_once(step)\nimport lib\nlib.save = save\ntrain()")
        self.saves_when_told_itself("run.sh", run_sh="su -m -s /bin/sh -c '/usr/bin/python3 train.py' root", train_py=slow)

    @needs("tmux")
    def test_tmux(self):
        name = "runctl-test-%d" % os.getpid()
        self.addCleanup(subprocess.run, ["tmux", "-L", name, "kill-server"], stderr=subprocess.DEVNULL)
        self.saves_when_told_itself("run.sh", run_sh="tmux -L %s new-session -d '/usr/bin/python3 train.py'\n"
                                    "while tmux -L %s has-session 2> /dev/null; do sleep 0.2; done" % (name, name))

    def test_a_script_started_again_by_its_launcher_is_not_told_and_does_not_write_over_what_was_saved(self):
        # It would begin from scratch, and save that when it is told.
        with mock.patch.object(telling, "LAST_LINES_SECONDS", 30.0):
            run = self.started("run.sh", run_sh="while true; do /usr/bin/python3 train.py; done",
                               train_py=TRAIN.replace("train()", "train(pause=0.5)"))
            self.look()
            self.interrupt(run, grace=4.0)
        self.assertEqual(SAVED, self.signals())
        folder = self.checkpoints
        newest = max(os.listdir(folder), key=lambda name: os.stat(os.path.join(folder, name)).st_mtime_ns)
        self.assertRegex(newest, r"^step_1\d\d\d\.pt$")
        acts = [one["act"] for entry in Journal(run).all("signal") for one in entry["others"]]
        self.assertIn("end", acts)

    def test_a_coordinating_launcher_is_told_if_the_setting_says_so(self):
        launcher = "from lib import *\nimport subprocess\ncatch(signal.SIGTERM)\nchild = subprocess.Popen([sys.executable, 'train.py'])\n" \
                   "while not stop: time.sleep(0.02)\ntime.sleep(0.5)\nchild.terminate()\nchild.wait()\n"
        run = self.started("launch.py", launch_py=launcher, policy={"signal_to": "launcher"})
        self.look()
        self.interrupt(run)
        self.assertEqual(["launch.py SIGTERM"] + SAVED, self.signals())
        self.assertEqual([("python3 launch.py", "launcher")], self.told(run))
        self.assertEqual(self.final["data"]["trainers"][0]["through"], run.training()["pid"])


class Shells(Training):
    USR1 = TRAIN.replace("SIGTERM", "SIGUSR1")
    TRANSLATES = "trap 'kill -USR1 \"$child\"' TERM\npython3 train.py & child=$!\nwait \"$child\"; wait \"$child\"\n"

    def test_a_trap_that_translates_the_signal(self):
        run = self.started("run.sh", run_sh=self.TRANSLATES, train_py=self.USR1)
        self.look()
        self.interrupt(run)
        self.assertEqual(["train.py SIGUSR1", "train.py saved"], self.signals())
        self.assertEqual([("bash run.sh", "shell")], self.told(run))
        self.assertEqual(run.training()["pid"], self.final["data"]["trainers"][0]["through"])

    def test_a_trap_that_translates_beside_an_exit_trap(self):
        run = self.started("run.sh", run_sh="trap 'echo bye' EXIT\n" + self.TRANSLATES, train_py=self.USR1)
        self.look()
        self.interrupt(run)
        self.assertEqual(["train.py SIGUSR1", "train.py saved"], self.signals())

    def test_an_exit_trap_does_not_get_the_signal(self):
        run = self.started("run.sh", run_sh="trap 'echo cleaned' EXIT\n/usr/bin/python3 train.py\necho code $?\n")
        self.look()
        self.interrupt(run)
        self.assertEqual(["train.py SIGTERM", "train.py saved"], self.signals())
        self.assertEqual([("python3 train.py", "trainer")], self.told(run))
        self.assertEqual(["code 0", "cleaned"], self.log(run).split("\n")[-3:-1])

    def test_a_trap_that_waits_for_its_foreground_child_does_not_keep_the_trainer_from_being_told(self):
        with mock.patch.object(telling, "PASSING_ON_SECONDS", 0.5):
            run = self.started("run.sh", run_sh="trap 'echo trapped' TERM\n/usr/bin/python3 train.py\n")
            self.look()
            self.interrupt(run)
        self.assertEqual(["train.py SIGTERM", "train.py saved"], self.signals())
        self.assertEqual([("bash run.sh", "shell"), ("python3 train.py", "trainer")], self.told(run))

    def test_the_log_behind_a_pipe_has_the_last_line(self):
        run = self.started("run.sh", run_sh="/usr/bin/python3 train.py 2>&1 | tee out.txt\n",
                           train_py=TRAIN + "print('the last line', flush=True)\n")
        self.look()
        self.interrupt(run)
        self.assertEqual([("python3 train.py", "trainer")], self.told(run))
        with open(os.path.join(self.project, "out.txt")) as file:
            self.assertEqual("the last line\n", file.read())

    def test_a_trainer_that_reads_from_a_pipe_is_told_and_its_producer_is_not(self):
        producer = "from lib import *\ncatch(signal.SIGTERM)\nready()\nwhile not stop:\n    print('data', flush=True)\n    time.sleep(0.02)\n"
        run = self.started("run.sh", wait="train.py produce.py", produce_py=producer,
                           run_sh="/usr/bin/python3 produce.py | /usr/bin/python3 train.py\n")
        self.look()
        self.interrupt(run)
        self.assertEqual(["train.py SIGTERM", "train.py saved"], self.signals())

    def test_a_copy_of_a_checkpoint_is_not_broken_off(self):
        # cp has a checkpoint file open until the sleep ends, longer than the trainer lives.
        script = "(head -c 3000 /dev/zero; sleep 4) | cp /dev/stdin checkpoints/copy.pt & /usr/bin/python3 train.py\nwait\n"
        with mock.patch.object(telling, "LAST_LINES_SECONDS", 0.3):
            run = self.started("run.sh", run_sh=script)
            self.look()
            self.interrupt(run)
        self.assertEqual(3000, os.path.getsize(os.path.join(self.checkpoints, "copy.pt")))
        self.assertNotIn("cp", [command for command, _ in self.told(run)])


class Services(Training):
    @needs("go")
    def test_a_service_below_the_trainer_lives_until_the_trainer_has_ended(self):
        # As wandb's: it catches SIGTERM, ends of it, and the trainer needs it for its last words.
        text = "import subprocess\nservice = subprocess.Popen([%r], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)\n" \
               % go(self, GO_SERVICE) + TRAIN + \
               "service.stdin.write('the end\\n'); service.stdin.flush()\nnote(service.stdout.readline().strip())\n" \
               "service.stdin.close()\nnote('service %d' % service.wait())\n"
        run = self.started(train_py=text)
        self.look()
        self.interrupt(run)
        self.assertEqual(["train.py SIGTERM", "train.py saved", "train.py noted the end", "train.py service 0"], self.signals())
