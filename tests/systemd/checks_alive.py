"""Guard and training while nothing presses: what they are given, and what the death of one does to the other."""
import json

from guarded import GUARD, Training, guard, install
from machine import eventually

NEWER = "/var/lib/runctl/guard/newer.pyz"


def units_have_the_properties_that_protect_them(machine, cloud):
    training = Training(machine, cloud, "properties")
    assert training.start()["state"] == "running"
    shown = machine.show(GUARD, "Restart", "OOMScoreAdjust", "OOMPolicy", "KillMode", "TimeoutStopUSec", "After")
    assert (shown["Restart"], shown["OOMScoreAdjust"], shown["OOMPolicy"]) == ("always", "-900", "continue"), shown
    assert (shown["KillMode"], shown["TimeoutStopUSec"]) == ("mixed", "2min 10s"), shown
    for unit in ("network.target", "nss-lookup.target", "remote-fs.target", training.unit):
        assert unit in shown["After"].split(), (unit, shown)
    shown = machine.show(training.unit, "OOMPolicy", "KillMode", "ControlGroup", "SubState")
    assert (shown["OOMPolicy"], shown["KillMode"], shown["SubState"]) == ("continue", "mixed", "running"), shown
    assert machine.cgroup(training.pid) == shown["ControlGroup"] != machine.cgroup(machine.guard_pid()), shown
    # Lower than the starter's own takes a right that not every host leaves to a container.
    if machine.may_protect_from_oom():
        assert machine.oom_score(machine.guard_pid()) == -900
    assert machine.oom_score(training.pid) == 0
    training.stop()


def training_runs_as_at_a_login(machine, cloud):
    training = Training(machine, cloud, "login")
    training.start()
    found = machine.json(training.project("environment.json"))
    expected = json.loads(machine.as_agent("su", "--login", "ubuntu", "--command", "python3 login/train.py --environment"))
    # More open files and locked memory than a login allows harm nobody and are what trainings run out of.
    for name in ("RLIMIT_NOFILE", "RLIMIT_OFILE", "RLIMIT_MEMLOCK"):
        low, high = found["limits"].pop(name)
        _, most = expected["limits"].pop(name)
        assert high == -1 or high >= most, (name, low, high, most)
    assert found == expected, (found, expected)
    training.stop()


def training_can_import_what_it_may_use_of_runctl(machine, cloud):
    training = Training(machine, cloud, "library")
    training.start()
    assert machine.read(training.project("library")).decode() == training.shared_file("lib/runctl_train.py")
    # What the user's trainings import is not theirs to change.
    assert machine.execute("stat", "--format", "%U %a", training.shared_file("lib/runctl_train.py")) == "root 644"
    training.stop()


def guard_that_is_killed_comes_back_and_goes_on(machine, cloud):
    training = Training(machine, cloud, "killed")
    training.start()
    before, pid = machine.guard_pid(), training.pid
    machine.kill_guard()
    # Meant for the moment in which systemd has not started it again yet.
    assert guard(machine, "repair")["guard"]["alive"]
    assert machine.guard_pid() != before
    assert training.pid == pid
    training.makes_steps()
    training.end(0)
    training.reaches("finished")


def guard_that_is_restarted_leaves_the_training_alone(machine, cloud):
    training = Training(machine, cloud, "restarted")
    training.start()
    before, pid = machine.guard_pid(), training.pid
    machine.execute("systemctl", "restart", GUARD)
    eventually(lambda: guard(machine, "status")["guard"]["alive"])
    assert machine.guard_pid() != before
    assert (training.pid, training.state["state"]) == (pid, "running"), training.state
    training.makes_steps()
    training.end(0)
    training.reaches("finished")


def exit_code_is_kept_when_the_guard_was_replaced(machine, cloud):
    training = Training(machine, cloud, "code")
    training.start()
    machine.kill_guard()
    training.end(7)
    training.reaches("failed")
    assert training.state["exit_code"] == 7, training.state
    eventually(lambda: training.record()["attempts"][0].get("exit_code") == 7)


def guard_survives_the_trainings_death(machine, cloud):
    training = Training(machine, cloud, "death")
    training.start()
    before = machine.guard_pid()
    machine.execute("kill", "-KILL", str(training.pid))
    training.reaches("failed")
    assert (training.state["exit_code"], training.state["signal"]) == (137, 9), training.state
    assert machine.guard_pid() == before
    eventually(lambda: machine.is_gone(training.unit))


def nothing_of_a_training_survives_its_reaper(machine, cloud):
    training = Training(machine, cloud, "reaper", ["--escape"])
    training.start()
    escaped = training.escaped()
    machine.execute("systemctl", "kill", "--signal=KILL", "--kill-whom=main", training.unit)
    training.reaches("failed")
    eventually(lambda: machine.is_gone(training.unit))
    assert not machine.is_alive(escaped) and not machine.is_alive(training.pid)


def setup_command_outlives_the_guard_and_is_not_protected_like_it(machine, cloud):
    marks = "date >> marks; cat /proc/self/oom_score_adj > score"
    training = Training(machine, cloud, "setup", setup_command=marks + "; while [ ! -e go ]; do sleep 0.1; done",
                        python="/usr/bin/python3")
    starting = training.start_in_background()
    eventually(lambda: machine.exists(training.project("score")))
    machine.kill_guard()
    eventually(lambda: guard(machine, "repair")["guard"]["alive"])
    machine.write(training.project("go"), "")
    training.reaches("running")
    starting.join(60)
    assert len(machine.read(training.project("marks")).splitlines()) == 1
    assert machine.read(training.project("score")).strip() == b"0"
    training.stop()


def newer_program_takes_over_and_the_training_goes_on(machine, cloud):
    training = Training(machine, cloud, "newer")
    training.start()
    before = machine.guard_pid()
    install(machine, NEWER)
    assert guard(machine, "repair", program=NEWER)["guard"]["program"] == "newer.pyz"
    assert machine.guard_pid() != before
    training.makes_steps()
    assert guard(machine, "repair")["guard"]["program"] == "guard.pyz"
    training.stop()


def log_is_complete_on_the_instance_and_in_s3(machine, cloud):
    training = Training(machine, cloud, "log")
    training.start()
    training.makes_steps(20)
    machine.kill_guard()
    training.makes_steps(20)
    training.stop()
    log = machine.read(training.file("log"))
    steps = [int(line.split()[1]) for line in log.splitlines() if line.startswith(b"step")]
    assert steps == list(range(1, training.steps() + 1)), steps
    assert log.endswith(b"signals 1\n"), log[-100:]
    eventually(lambda: training.shipped_log() == log)
