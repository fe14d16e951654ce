"""A training: counts steps, saves checkpoints, saves once more when told to end. Does what files in its folder ask for."""
import json
import os
import resource
import signal
import subprocess
import sys
import time
import zipfile

told = []
signal.signal(signal.SIGTERM, lambda *_: told.append(time.time()))


def environment():
    limits = {name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")}
    mask = os.umask(0)
    os.umask(mask)
    names = ("HOME", "USER", "LOGNAME", "SHELL")
    return {"limits": limits, "umask": mask, "ids": os.getresuid() + os.getresgid(), "groups": sorted(os.getgroups()),
            "environment": {name: os.environ.get(name) for name in names}}


def save(step):
    path = os.path.join(os.environ["RUNCTL_CHECKPOINT_DIR"], "epoch_%d.pt" % step)
    with zipfile.ZipFile(path + ".tmp", "w") as file:
        file.writestr("data", "step %d" % step)
    os.replace(path + ".tmp", path)


def escape():
    """A daemon that has left session, parent and environment behind: only the cgroup still knows it."""
    subprocess.Popen([sys.executable, "-c", "import os, time\n"
                      "if os.fork(): os._exit(0)\n"
                      "os.setsid()\n"
                      "if os.fork(): os._exit(0)\n"
                      "open('escaped', 'w').write(str(os.getpid())) and time.sleep(1000)"], env={}).wait()


if sys.argv[1:] == ["--environment"]:
    print(json.dumps(environment()))
    sys.exit()
if "--escape" in sys.argv:
    escape()
import runctl_train  # noqa: E402 - only a training has it

with open("library", "w") as file:
    file.write(runctl_train.__file__)
with open("environment.json", "w") as file:
    json.dump(environment(), file)
step = int(os.environ.get("RUNCTL_RESUME_FROM", "_0.").rpartition("_")[2].split(".")[0])
while not told and not os.path.exists("end"):
    time.sleep(0.1)
    step += 1
    print("step", step)
    with open(os.environ["RUNCTL_PROGRESS_FILE"], "a") as file:
        file.write("step %d\n" % step)
    if step % 10 == 1:
        save(step)
if told:
    # Long enough for a second signal to be seen.
    time.sleep(1)
    save(step)
    print("signals", len(told))
sys.exit(int(open("end").read() or 0) if os.path.exists("end") else 0)
