"""Reboots, shutdowns and power cuts. The last of them leaves the machine off."""
from guarded import GUARD, Training, guard


def reboot_saves_before_the_network_goes(machine, cloud):
    training = Training(machine, cloud, "reboot")
    training.start()
    machine.reboot()
    assert training.state["state"] == "interrupted", training.state
    assert training.signals() == 1
    assert training.saved_at_the_end() in training.committed()
    assert [event["data"]["source"] for event in training.events("InterruptionDetected")] == ["shutdown"]


def shutdown_with_no_guard_alive_saves_as_well(machine, cloud):
    training = Training(machine, cloud, "alone")
    training.start()
    machine.execute("kill", "-STOP", str(machine.guard_pid()))
    machine.execute("systemctl", "kill", "--signal=KILL", GUARD)
    machine.execute("systemctl", "stop", GUARD)
    assert training.state["state"] == "running"
    machine.reboot()
    assert training.state["state"] == "interrupted", training.state
    assert training.saved_at_the_end() in training.committed()


def repair_after_a_power_cut_settles_what_was_running(machine, cloud):
    training = Training(machine, cloud, "power")
    training.start()
    training.makes_steps()
    machine.cut_power()
    machine.boot()
    assert not guard(machine, "status")["guard"]["alive"]
    assert guard(machine, "repair")["guard"]["alive"]
    training.reaches("failed")
    assert training.state["exit_code"] is None
    assert training.committed()
    second = Training(machine, cloud, "second")
    assert second.start()["state"] == "running"
    second.stop()


def end_of_the_training_turns_the_machine_off_where_wanted(machine, cloud):
    policy = {"grace_seconds": 5.0, "guard_poll_seconds": 0.2, "on_exit": "terminate"}
    training = Training(machine, cloud, "off", policy=policy)
    training.start()
    training.end(0)
    machine.wait_until_off()
    assert training.state["state"] == "finished", training.state
    assert training.record()["attempts"][0]["state"] == "finished"
