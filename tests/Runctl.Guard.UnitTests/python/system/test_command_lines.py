import re
import unittest

import support  # noqa: F401
from runctl_guard.system import command_lines

# What no record may hold. Each line below has at least one of them.
CANARY = "hunter2"
CODE = "WANDB_API_KEY=hunter2 python3 train.py --key hunter2"
# Command line as /proc shows it, what events show, and what is stored as the script of an attached process.
LINES = (
    (["python3", "train.py", "--token", CANARY], "python3 train.py", "train.py"),
    (["/usr/bin/python3.11", "-u", "/srv/a/train.py", "hunter2"], "python3.11 train.py", "/srv/a/train.py"),
    (["python3", "-W", "ignore:hunter2", "-X", "dev", "-B", "train.py"], "python3 train.py", "train.py"),
    (["python3", "-Wignore::hunter2:c", "train.py"], "python3 train.py", "train.py"),
    (["python3", "-m", "pkg.train", "--key", CANARY, "conf.py"], "python3 -m pkg.train", "pkg.train"),
    (["python3", "-um", "pkg.train", CANARY], "python3 -m pkg.train", "pkg.train"),
    (["python3", "-mpkg.train", CANARY], "python3 -m pkg.train", "pkg.train"),
    (["python3", "-m", "hunter2 and code"], "python3", "python3"),
    (["python3", "-c", "import x; x.login('hunter2')", "a.py"], "python3", "python3"),
    (["python3", "-uc", "key='hunter2'", "a.py"], "python3", "python3"),
    (["python3", "-W", "ignore", "-Ic", "key='hunter2'", "a.py"], "python3", "python3"),
    (["python3", "-", "--key", CANARY], "python3", "python3"),
    (["pypy3", "-c", CANARY], "pypy3", "pypy3"),
    (["bash", "-c", CODE], "bash", "bash"),
    (["bash", "-lc", CODE], "bash", "bash"),
    (["/bin/sh", "-ec", CODE, "_", "other.sh"], "sh", "sh"),
    (["-bash", "-c", CODE], "bash", "bash"),
    (["bash", "-o", "pipefail", "-c", CODE], "bash", "bash"),
    (["bash", "train.sh", "KEY=hunter2"], "bash train.sh", "train.sh"),
    (["zsh", "-x", "./run/train.sh", "hunter2"], "zsh train.sh", "./run/train.sh"),
    (["fish", "--command", CODE], "fish", "fish"),
    (["fish", "--command=" + CODE], "fish", "fish"),
    (["perl", "-e", "login('hunter2')", "x.pl"], "perl", "perl"),
    (["perl", "-MList::Util=first", "-nE", "'hunter2'"], "perl", "perl"),
    (["perl", "-I", "lib", "train.pl", CANARY], "perl train.pl", "train.pl"),
    (["node", "-e", "login('hunter2')"], "node", "node"),
    (["node", "--eval=login('hunter2')", "x.js"], "node", "node"),
    (["node", "--max-old-space-size=4096", "train.js", "--key=hunter2"], "node train.js", "train.js"),
    (["ruby", "-r", "json", "-e", "login 'hunter2'", "x.rb"], "ruby", "ruby"),
    (["php", "-r", "login('hunter2');"], "php", "php"),
    (["Rscript", "-e", "login('hunter2')"], "Rscript", "Rscript"),
    (["Rscript", "--vanilla", "train.R", CANARY], "Rscript train.R", "train.R"),
    (["julia", "-p", "4", "-e", "login(\"hunter2\")"], "julia", "julia"),
    (["julia", "--project=.", "train.jl", CANARY], "julia train.jl", "train.jl"),
    # Programs that run another; most replace themselves by it, and then have its command line.
    (["env", "KEY=hunter2", "python3", "train.py"], "env train.py", "train.py"),
    (["KEY=hunter2", "python3", "train.py"], "? train.py", "train.py"),
    (["nohup", "python3", "train.py", CANARY], "nohup train.py", "train.py"),
    (["nice", "-n", "5", "python3", "train.py", CANARY], "nice train.py", "train.py"),
    (["sudo", "-u", "hunter2", "KEY=hunter2", "python3", "train.py"], "sudo train.py", "train.py"),
    (["sudo", "-u", "bob", "bash", "-c", CODE], "sudo", "sudo"),
    (["su", "-c", CODE, "bob"], "su", "su"),
    (["numactl", "--cpunodebind=0", "python3", "train.py", CANARY], "numactl train.py", "train.py"),
    (["srun", "--export=KEY=hunter2", "python3", "train.py"], "srun train.py", "train.py"),
    (["mpirun", "-x", "KEY=hunter2", "-np", "4", "python3", "train.py"], "mpirun train.py", "train.py"),
    (["/usr/bin/python3", "/usr/bin/torchrun", "--nproc_per_node", "2", "train.py", CANARY],
     "torchrun train.py", "train.py"),
    (["/v/bin/python", "/v/bin/accelerate", "launch", "--config_file", "hunter2.yaml", "train.py"],
     "accelerate train.py", "train.py"),
    (["/usr/bin/python3", "/usr/local/bin/deepspeed", "--num_gpus", "2", "train.py", "--key", CANARY],
     "deepspeed train.py", "train.py"),
    (["/opt/conda/bin/python", "/opt/conda/bin/conda", "run", "-n", "hunter2", "python", "train.py"],
     "conda train.py", "train.py"),
    (["uv", "run", "--with", "x==1+hunter2", "train.py"], "uv train.py", "train.py"),
    (["docker", "run", "-e", "X=hunter2", "image:hunter2", "python", "/app/train.py"],
     "docker train.py", "/app/train.py"),
    (["docker", "run", "-e", "X=hunter2", "image", "sh", "-c", CODE], "docker", "docker"),
    (["ssh", "host", CODE], "ssh", "ssh"),
    (["curl", "https://user:hunter2@host/train.py"], "curl", "curl"),
    (["wget", "host/x.py?token=hunter2"], "wget", "wget"),
    (["/opt/my-trainer", "--key", CANARY], "my-trainer", "my-trainer"),
    (["java", "-Dkey=hunter2", "-jar", "train.jar", CANARY], "java train.jar", "train.jar"),
    (["dotnet", "train.dll", CANARY], "dotnet train.dll", "train.dll"),
    # A process that has written over its command line, and words that only look like files.
    (["python3 train.py --key hunter2"], "python3", "python3"),
    (["trainer: key=hunter2/x"], "?", "?"),
    (["python3", "my key hunter2.py"], "python3", "python3"),
    (["python3", "KEY=/hunter2.py"], "python3", "python3"),
    (["/a dir/python3", "/b/train.py", CANARY], "python3 train.py", "/b/train.py"),
    (["", CANARY], "?", "?"),
    ([], "?", "?"),
)


class CommandLines(unittest.TestCase):
    def test_only_the_program_and_its_script_or_module_are_ever_named(self):
        for argv, shown, script in LINES:
            self.assertEqual((shown, script), (command_lines.shown(argv), command_lines.script_of(argv)), argv)

    def test_no_word_of_a_command_line_gets_through_that_is_no_name_of_code(self):
        secrets = ("hunter2", "KEY=hunter2", "--key=hunter2", "-khunter2", "s3://b/hunter2", "hunter2/",
                   "a b/hunter2.py",
                   "user:hunter2@h.py", "x.py?hunter2", "$hunter2.py", "hunter2.json", "hunter2.yaml",
                   "/run/secrets/hunter2")
        launchers = (["python3"], ["bash"], ["node"], ["perl"], ["env"], ["sudo", "-E"], ["torchrun"],
                   ["/usr/bin/python3", "/usr/bin/torchrun"],
                     ["docker", "run", "-e"], ["srun"], ["tool"], ["python3", "-m", "pkg"], ["python3", "-X"],
                     ["bash", "-l"])
        for launcher in launchers:
            for secret in secrets:
                for line in (launcher + [secret], launcher + [secret, "train.py"], launcher + ["train.py", secret]):
                    for text in (command_lines.shown(line), command_lines.script_of(line)):
                        self.assertIsNone(re.search("hunter2", text), line)


if __name__ == "__main__":
    unittest.main()
