"""A training that is stopped or interrupted while the machine stays on."""
from guarded import GUARD, Training, end_notice
from machine import eventually


def stop_saves_and_leaves_no_unit(machine, cloud):
    training = Training(machine, cloud, "stop", ["--escape"])
    training.start()
    escaped = training.escaped()
    final = training.stop(grace=3)
    assert (final["kind"], final["data"]["outcome"]) == ("TrainingStopped", "uploaded"), final
    assert training.state["state"] == "stopped"
    assert not machine.is_alive(escaped)
    eventually(lambda: machine.is_gone(training.unit))


def stopping_the_trainings_unit_saves_as_well(machine, cloud):
    training = Training(machine, cloud, "unit")
    training.start()
    machine.execute("systemctl", "stop", training.unit)
    training.reaches("stopped")
    assert training.signals() == 1
    assert training.saved_at_the_end() in training.committed()


def restarting_the_trainings_unit_saves_and_starts_nothing_again(machine, cloud):
    training = Training(machine, cloud, "again")
    training.start()
    machine.execute("systemctl", "restart", training.unit)
    training.reaches("stopped")
    assert training.signals() == 1
    assert training.saved_at_the_end() in training.committed()
    eventually(lambda: machine.is_gone(training.unit))
    assert training.signals() == 1


def notice_saves_commits_and_ends_everything(machine, cloud):
    training = Training(machine, cloud, "notice", ["--escape"],
                        policy={"grace_seconds": 5.0, "guard_poll_seconds": 0.2, "on_exit": "keep"})
    training.start()
    escaped = training.escaped()
    cloud.interrupt(120)
    training.reaches("interrupted")
    end_notice(machine, cloud)
    handled = training.events("InterruptionHandled")
    assert [event["data"]["outcome"] for event in handled] == ["uploaded"], handled
    assert training.signals() == 1
    assert training.saved_at_the_end() in training.committed()
    assert not machine.is_alive(escaped)
    eventually(lambda: machine.is_gone(training.unit))
    eventually(lambda: training.record()["attempts"][0]["state"] == "interrupted")


def guard_killed_in_the_middle_of_a_sequence_does_not_signal_twice(machine, cloud):
    training = Training(machine, cloud, "middle")
    training.start()
    cloud.interrupt(120)
    eventually(lambda: training.events("TrainingSignalled"))
    machine.kill_guard()
    training.reaches("interrupted")
    end_notice(machine, cloud)
    assert training.signals() == 1
    assert training.saved_at_the_end() in training.committed()


def stopping_the_guard_saves_and_it_stays_stopped(machine, cloud):
    training = Training(machine, cloud, "guard")
    training.start()
    machine.execute("systemctl", "stop", GUARD)
    assert training.state["state"] == "interrupted", training.state
    assert training.saved_at_the_end() in training.committed()
    assert training.record()["attempts"][0]["state"] == "interrupted"
    assert machine.show(GUARD, "ActiveState")["ActiveState"] == "inactive"
    # The next run starts another.
    second = Training(machine, cloud, "after")
    second.start()
    second.stop()
