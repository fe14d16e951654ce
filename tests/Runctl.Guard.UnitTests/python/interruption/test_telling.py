import signal
import unittest

from .process_table import bits, fact, shell, table
from runctl_guard.interruption.telling import (
    ALONE, END, LATER, NOW, Saves, Settings, Situation, Told, decide)
from runctl_guard.interruption.trainers import trainers

TERM = bits(signal.SIGTERM)
NEARLY_ALL = 0x43817ef9


class Telling(unittest.TestCase):
    def situation(self, facts, **more):
        known = table(*facts)
        return Situation(known, more.pop("trainers", None) or trainers(known).reasons, **more)

    def acts(self, *facts, **more):
        self.decisions = decide(self.situation(facts, **more))
        return {one.fact.pid: one.act for one in self.decisions}

    def now(self, *facts, **more):
        return sorted(pid for pid, act in self.acts(*facts, **more).items() if act in (NOW, END))

    def told(self, one, seconds=1.0, role="trainer", handled=True, **more):
        return Told(one.pid, one.start, role, handled, seconds, **more)


class Trainers(Telling):
    """Rule 1."""

    def test_a_trainer_that_handles_the_signal_is_told_itself_and_its_launcher_is_not(self):
        for caught in (0, TERM):
            self.assertEqual([11], self.now(fact(10, argv=("torchrun",), caught=caught), fact(11, 10, saves=True, caught=TERM)))

    def test_all_ranks_are_told(self):
        self.assertEqual([11, 12], self.now(fact(10, argv=("torchrun",), caught=TERM), fact(11, 10, saves=True, caught=TERM),
                                            fact(12, 10, caught=TERM)))

    def test_a_rank_without_a_handler_is_left_to_the_one_that_has_it_until_that_has_ended(self):
        for launcher in (fact(10, argv=("torchrun",)), shell(10)):
            handles, without = fact(11, 10, saves=True, caught=TERM), fact(12, 10)
            known = {"known": frozenset({handles.key, without.key}), "trainers": {handles.key: "writes", without.key: "is a rank"}}
            self.assertEqual({10: ALONE, 11: NOW, 12: LATER}, self.acts(launcher, handles, without, **known))
            self.assertEqual([12], self.now(launcher, without, told=(self.told(handles),), **known))

    def test_workers_and_services_below_it_are_never_told(self):
        trainer = fact(10, saves=True, caught=TERM)
        others = [fact(11, 10, caught=TERM), fact(12, 10, ("wandb-core",), caught=NEARLY_ALL), fact(13, 12, ("x",))]
        self.assertEqual([10], self.now(trainer, *others))
        # Also not if they come later, and however long the trainer lives.
        late = fact(14, 10, start=99, caught=TERM)
        self.assertEqual([], self.now(trainer, *others, late, told=(self.told(trainer, 80),), known=frozenset({trainer.key})))

    def test_a_process_that_saves_below_a_trainer_is_left_to_it(self):
        trainer, helper = fact(10, saves=True, caught=TERM), fact(11, 10, ("helper",), saves=True, caught=TERM)
        self.assertEqual([10], self.now(trainer, helper))
        more = {"told": (self.told(trainer),), "known": frozenset({trainer.key, helper.key})}
        self.assertEqual([], self.now(trainer, helper, **more))
        self.assertEqual([11], self.now(helper._replace(parent=1), **more))

    def test_workers_of_a_trainer_without_handler_are_not_told_in_its_place(self):
        self.assertEqual([10], self.now(fact(10, saves=True), fact(11, 10, caught=TERM), fact(12, 10, caught=TERM)))

    def test_no_process_is_told_twice(self):
        trainer = fact(10, saves=True, caught=TERM)
        self.assertEqual({}, self.acts(trainer, told=(self.told(trainer),), known=frozenset({trainer.key})))

    def test_a_filter_behind_the_pipe_and_a_producer_before_it_are_left_alone(self):
        self.assertEqual([12], self.now(shell(10), fact(11, 10, ("producer",), caught=NEARLY_ALL),
                                        fact(12, 10, saves=True, caught=TERM, piped=True),
                                        fact(13, 10, ("tee", "log"), piped=True)))

    def test_every_decision_has_a_reason(self):
        self.acts(shell(10), fact(11, 10, saves=True, caught=TERM), fact(12, 11))
        self.assertEqual(["is no trainer, and a trainer lives", "is below process 11", "writes weight files and handles SIGTERM"],
                         [one.reason for one in sorted(self.decisions, key=lambda one: (one.fact.pid == 11, one.fact.pid))])


class Shells(Telling):
    """Rule 2."""

    def setUp(self):
        self.shell, self.trainer = shell(10, caught=TERM), fact(11, 10, saves=True, caught=bits(signal.SIGUSR1))
        self.known = frozenset({self.shell.key, self.trainer.key})

    def later(self, seconds, trainer=None, **more):
        trainer = trainer or self.trainer
        told = self.told(self.shell, seconds, "shell", below=frozenset({trainer.key}), **more)
        return self.now(self.shell, trainer, told=(told,), known=self.known)

    def test_a_shell_that_traps_the_signal_on_purpose_is_told_instead(self):
        self.assertEqual([10], self.now(self.shell, self.trainer))
        [decision] = [one for one in self.decisions if one.act == NOW]
        self.assertEqual(frozenset({self.trainer.key}), decision.below)

    def test_it_reaches_all_trainers_below_it(self):
        rank = fact(12, 10, saves=True)
        self.now(self.shell, self.trainer, rank)
        self.assertEqual({self.trainer.key, rank.key}, set(next(one.below for one in self.decisions if one.act == NOW)))

    def test_an_exit_trap_is_no_handler(self):
        self.assertEqual([11], self.now(shell(10, caught=NEARLY_ALL), fact(11, 10, saves=True, caught=TERM)))

    def test_an_exit_trap_beside_a_term_trap_is_one_if_the_trainer_waits_for_another_signal(self):
        self.assertEqual([10], self.now(shell(10, caught=NEARLY_ALL), self.trainer))

    def test_the_nearest_of_several_is_told(self):
        self.assertEqual([10], self.now(shell(9, caught=TERM), shell(10, 9, caught=TERM), self.trainer))

    def test_a_trainer_that_was_not_reached_within_five_seconds_is_told_itself(self):
        trainer = self.trainer._replace(caught=TERM)
        self.assertEqual([], self.later(4.9, trainer))
        self.assertEqual([11], self.later(5.1, trainer))

    def test_nobody_else_is_told_once_one_has_begun_to_write(self):
        self.assertEqual([], self.later(60, self.trainer._replace(caught=TERM), reached=True))

    def test_a_trainer_that_would_die_of_it_is_left_what_the_shell_may_have_sent(self):
        self.assertEqual([], self.later(60))

    def test_with_another_stop_signal_only_trainers_are_told(self):
        settings = Settings(signal.SIGUSR1)
        self.assertEqual([11], self.now(self.shell._replace(caught=TERM | bits(signal.SIGUSR1)), self.trainer, settings=settings))


class Launchers(Telling):
    def test_signal_to_names_the_highest_program_below_the_shells(self):
        facts = [shell(9), fact(10, 9, ("torchrun",), caught=TERM), fact(13, 10, ("agent",), caught=TERM), fact(11, 13, saves=True, caught=TERM), fact(12, 13, caught=TERM)]
        self.assertEqual([10], self.now(*facts, settings=Settings(launcher=True)))
        told = self.told(facts[1], 60, "launcher", below=frozenset({facts[3].key, facts[4].key}))
        known = frozenset(one.key for one in facts)
        self.assertEqual([], self.now(*facts, settings=Settings(launcher=True), told=(told,), known=known))

    def test_a_trainer_without_launcher_is_told_itself(self):
        self.assertEqual([10], self.now(fact(10, saves=True, caught=TERM), settings=Settings(launcher=True)))

    def test_trainers_of_a_launcher_that_died_of_it_are_told(self):
        trainer = fact(11, 1, saves=True, caught=TERM)
        told = Told(10, 10, "launcher", False, 0.1, frozenset({trainer.key}))
        self.assertEqual([11], self.now(trainer, settings=Settings(launcher=True), told=(told,), known=frozenset({trainer.key})))

    def test_with_a_stop_file_every_trainer_counts_as_told_by_it(self):
        self.assertEqual([11], self.now(shell(10, caught=TERM), fact(11, 10, saves=True), settings=Settings(stop_file=True)))


class TheRest(Telling):
    """Rules 3 and 5."""

    def test_it_is_left_alone_while_a_trainer_lives_and_told_afterwards_from_the_top(self):
        launcher, child = fact(10, argv=("launcher",), caught=TERM), fact(12, 10, ("helper",))
        trainer = fact(11, 10, saves=True)
        known = frozenset({launcher.key, child.key, trainer.key})
        more = {"told": (self.told(trainer),), "known": known, "trainers": {trainer.key: "writes"}}
        self.assertEqual([], self.now(launcher, child, trainer, **more))
        self.assertEqual([], self.now(launcher, child, idle=1.9, **more))
        self.assertEqual([10], self.now(launcher, child, idle=2.0, **more))
        more["told"] += (self.told(launcher, role="rest"),)
        self.assertEqual([], self.now(launcher, child, idle=2.5, **more))
        self.assertEqual([12], self.now(child._replace(parent=1), idle=2.5, **more))

    def test_a_copy_of_the_checkpoint_is_not_broken_off(self):
        copy = fact(12, 10, ("cp", "a", "b"), writing=("checkpoints/b.pt",))
        more = {"trainers": {(11, 11): "writes"}, "known": frozenset({(10, 10), copy.key}), "idle": 60}
        self.assertEqual([], self.now(copy, **more))
        self.assertEqual([12], self.now(copy._replace(writing=()), **more))

    def test_what_a_launcher_starts_afterwards_is_no_trainer(self):
        trainer, fresh = fact(11, 10, saves=True, caught=TERM), fact(20, 10, ("python3", "next.py"), saves=True, caught=TERM)
        known = frozenset({trainer.key})
        self.assertEqual([], self.now(trainer, fresh, told=(self.told(trainer),), known=known))

    def test_a_trainer_that_is_started_again_is_ended_before_it_can_write_over_what_was_saved(self):
        trainer, again = fact(11, 10, saves=True, caught=TERM), fact(20, 10, caught=TERM)
        more = {"told": (self.told(trainer),), "known": frozenset({(10, 10), trainer.key}), "commands": frozenset({again.command_id}),
                "trainers": {trainer.key: "writes"}}
        self.assertEqual([], self.now(shell(10), trainer, again, **more))
        # Its launcher is not at its last lines.
        self.assertEqual({10: NOW, 20: END}, self.acts(shell(10), again, idle=0.0, **more))
        self.assertEqual({10: NOW, 20: END}, self.acts(fact(10, argv=("launch",), caught=TERM), again, idle=0.0, **more))
        # In a row of trials only the numbers differ.
        trial = again._replace(argv=("python3", "train.py", "--lr=0.2"))
        more["commands"] = frozenset({trial._replace(argv=("python3", "train.py", "--lr=0.1")).command_id})
        self.assertEqual({10: NOW, 20: END}, self.acts(shell(10), trial, idle=0.0, **more))

    def test_the_next_phase_of_a_script_does_not_save_what_it_has_just_begun(self):
        trainer, following = fact(11, 10, saves=True, caught=TERM), fact(20, 10, ("python3", "next.py"), caught=TERM)
        more = {"told": (self.told(trainer),), "known": frozenset({(10, 10), trainer.key}), "trainers": {trainer.key: "writes"}}
        self.assertEqual({10: ALONE, 20: ALONE}, self.acts(shell(10), following, idle=1.0, **more))
        self.assertEqual({10: NOW, 20: END}, self.acts(shell(10), following, idle=2.1, **more))
        # One that would not save is told like the rest.
        self.assertEqual({10: NOW, 20: ALONE}, self.acts(shell(10), following._replace(caught=0), idle=2.1, **more))

    def test_a_process_that_the_trainer_has_left_to_save_for_it_is_not_taken_for_a_trainer_started_again(self):
        trainer, saver = fact(11, 10, saves=True, caught=TERM), fact(20, 10, caught=TERM, writing=("a.pt",))
        more = {"told": (self.told(trainer),), "known": frozenset({(10, 10), trainer.key}), "commands": frozenset({saver.command_id}),
                "trainers": {trainer.key: "writes"}}
        self.assertEqual({10: NOW, 20: ALONE}, self.acts(shell(10), saver, idle=2.1, heirs=frozenset({saver.key}), **more))
        self.assertEqual({20: ALONE}, self.acts(saver._replace(parent=1), idle=2.1, **more))

    def test_workers_of_a_process_that_goes_on_are_left_to_it(self):
        trainer, other = fact(11, 10, saves=True, caught=TERM), fact(12, 10, ("python3", "b.py"), caught=TERM)
        worker = fact(20, 12, ("python3", "b.py"), caught=TERM)
        more = {"told": (self.told(trainer),), "known": frozenset({trainer.key, other.key}), "trainers": {trainer.key: "writes"}}
        self.assertEqual({12: NOW, 20: ALONE}, self.acts(other, worker, idle=2.1, **more))


class WithoutHandler(Telling):
    """Rule 4."""

    def act(self, left=60.0, trainer=None, **saves):
        trainer = trainer or fact(10, saves=True)
        return self.acts(trainer, left=left, saves=Saves(**saves))[10]

    def test_it_keeps_running_if_a_save_begins_and_ends_within_grace(self):
        self.assertEqual(LATER, self.act(interval=60.0, length=10.0, since=20.0, safe=True))
        self.assertEqual(NOW, self.act(interval=60.0, length=10.0, since=5.0, safe=True))
        self.assertEqual(NOW, self.act(interval=60.0, length=10.0, since=20.0, safe=True, left=45.0))

    def test_it_is_told_at_once_if_nothing_is_known_of_its_saves(self):
        self.assertEqual(NOW, self.act(safe=True))

    def test_it_is_told_at_once_if_the_next_save_would_overwrite_the_only_one(self):
        self.assertEqual(NOW, self.act(interval=60.0, length=10.0, since=50.0, safe=False))

    def test_a_save_that_is_running_is_not_broken_off(self):
        self.assertEqual(LATER, self.act(interval=600.0, length=30.0, since=10.0, running=True))
        self.assertEqual(NOW, self.act(interval=600.0, length=300.0, since=10.0, running=True))

    def test_it_is_told_when_the_save_is_complete(self):
        self.assertEqual(LATER, self.act(interval=20.0, length=1.0, since=1.0, safe=True))
        self.assertEqual(NOW, self.act(interval=20.0, length=1.0, since=1.0, safe=True, done=True))

    def test_one_that_ignores_the_signal_is_told_as_soon_as_it_does_not(self):
        ignoring = fact(10, saves=True, ignored=TERM, caught=0)
        self.assertEqual(LATER, self.act(trainer=ignoring))
        self.assertEqual(NOW, self.act(trainer=ignoring._replace(ignored=0, caught=TERM)))

    def test_pid_1_of_a_namespace_is_ended_once_its_save_is_complete(self):
        first = fact(10, saves=True, inner=1)
        self.assertEqual(LATER, self.act(trainer=first))
        self.assertEqual(LATER, self.act(trainer=first, interval=60.0, length=1.0, since=30.0, safe=True))
        self.assertEqual(END, self.act(trainer=first, interval=60.0, length=1.0, since=1.0, safe=True, done=True))
        self.assertEqual(NOW, self.act(trainer=first._replace(caught=TERM)))
