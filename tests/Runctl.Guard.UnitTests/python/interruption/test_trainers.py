import signal
import unittest

from .process_table import bits, fact, shell, table
from runctl_guard.interruption.facts import below
from runctl_guard.interruption.trainers import trainers


class WhoTrains(unittest.TestCase):
    def found(self, *facts):
        return sorted(pid for pid, _ in trainers(table(*facts)).reasons)

    def test_the_process_that_writes_weight_files_trains_and_its_launcher_does_not(self):
        self.assertEqual([11], self.found(fact(10, argv=("python3", "launch.py"), minute=3), fact(11, 10, saves=True)))

    def test_ranks_beside_the_one_that_writes_train_too(self):
        ranks = [fact(pid, 10, ("python3", "-u", "train.py", "--local_rank=%d" % pid)) for pid in (12, 13)]
        self.assertEqual([11, 12, 13], self.found(
            fact(10, argv=("torchrun",)), fact(11, 10, ("python3", "-u", "train.py", "--local_rank=11"), saves=True), *ranks))

    def test_ranks_may_have_a_shell_of_their_own_each(self):
        for top in (shell(9), fact(9, argv=("mpirun",))):
            self.assertEqual([21, 22], self.found(
                top, shell(11, 9), shell(12, 9), fact(21, 11, ("python3", "train.py", "0"), saves=True),
                fact(22, 12, ("python3", "train.py", "1")), fact(23, 12, ("tee", "log"))))

    def test_a_sibling_with_another_command_is_no_rank(self):
        self.assertEqual([11], self.found(shell(10), fact(11, 10, saves=True), fact(12, 10, ("tensorboard", "--logdir", "x"))))

    def test_workers_below_a_trainer_are_no_ranks(self):
        self.assertEqual([10], self.found(fact(10, saves=True), fact(11, 10), fact(12, 10)))

    def test_a_shell_never_trains_although_the_bytes_of_its_children_count_for_it(self):
        self.assertEqual([11], self.found(shell(10, saves=True), fact(11, 10, saves=True)))

    def test_a_process_that_saves_through_a_helper_is_the_trainer(self):
        self.assertEqual([10], self.found(fact(10, lately=9), fact(11, 10, saves=True, lately=2), fact(12, 10, lately=5)))

    def test_a_helper_of_a_process_that_holds_the_accelerator_is_no_trainer(self):
        self.assertEqual([10], self.found(
            fact(10, accelerator=True), fact(11, 10, ("python3", "-c", "spawn_main(7)"), saves=True),
            fact(12, 10, ("python3", "-c", "spawn_main(8)"))))

    def test_a_busy_launcher_is_not_taken_for_a_trainer_that_handles_the_signal_below_it(self):
        trainer = fact(11, 10, saves=True, lately=2, caught=bits(15))
        for caught in (0, bits(15)):
            self.assertEqual([11], self.found(fact(10, argv=("launch",), lately=9, caught=caught), trainer))
        # What it has forked to save for it has its handler.
        self.assertEqual([10], self.found(fact(10, lately=9, caught=bits(15)), trainer))

    def test_a_forked_helper_without_the_handler_of_its_trainer_is_no_trainer(self):
        self.assertEqual([10], self.found(fact(10, caught=bits(15)), fact(11, 10, saves=True)))
        # Ranks are forked from a process that only waits for them.
        ranks = fact(11, 10, saves=True, caught=bits(15)), fact(12, 10, caught=bits(15))
        self.assertEqual([11, 12], self.found(fact(10), *ranks))

    def test_a_launcher_that_only_waits_is_not_taken_for_the_trainer_of_its_ranks(self):
        self.assertEqual([11], self.found(fact(10, lately=0.2), fact(11, 10, saves=True, lately=9)))

    def test_a_process_that_reports_steps_trains(self):
        self.assertEqual([11], self.found(fact(10), fact(11, 10, reports=True)))

    def test_a_filter_that_keeps_the_progress_file_does_not(self):
        self.assertEqual([11], self.found(
            shell(10), fact(11, 10, lately=8), fact(12, 10, ("tee", "-a", "progress"), reports=True, piped=True)))

    def test_without_saves_the_holder_of_an_accelerator_trains(self):
        self.assertEqual([11], self.found(fact(10, minute=50, lately=9), fact(11, 10, ("python3", "a.py"), accelerator=True)))

    def test_without_saves_the_one_that_works_trains(self):
        self.assertEqual([11], self.found(fact(10, argv=("accelerate",), minute=4), fact(11, 10, minute=50)))

    def test_workers_that_need_more_processor_time_than_their_trainer_do_not_train(self):
        self.assertEqual([10], self.found(fact(10, lately=2), fact(11, 10, lately=9), fact(12, 10, lately=9)))

    def test_a_trainer_that_reads_from_a_pipe_is_found_by_its_work(self):
        self.assertEqual([12], self.found(shell(10), fact(11, 10, ("cat", "data"), lately=0.5), fact(12, 10, lately=9, piped=True)))

    def test_without_any_sign_the_first_program_below_the_shells_is_taken(self):
        self.assertEqual([12], self.found(shell(10), shell(11, 10), fact(12, 11), fact(13, 12)))
        self.assertEqual([12], self.found(shell(10), fact(12, 10), fact(13, 10, ("tee", "log"), piped=True)))
        self.assertEqual([10], self.found(shell(10)))


class Signals(unittest.TestCase):
    def test_a_signal_is_handled_if_it_is_caught_and_not_ignored(self):
        self.assertTrue(fact(1, caught=bits(15)).handles(signal.SIGTERM))
        self.assertFalse(fact(1, caught=bits(15), ignored=bits(15)).handles(signal.SIGTERM))
        self.assertFalse(fact(1).handles(signal.SIGTERM))

    def test_a_signal_that_is_blocked_to_be_waited_for_is_handled(self):
        self.assertTrue(fact(1, blocked=bits(15)).handles(signal.SIGTERM))
        self.assertFalse(fact(1, blocked=bits(15), ignored=bits(15)).handles(signal.SIGTERM))
        self.assertFalse(fact(1, inner=1, blocked=bits(15)).ignores(signal.SIGTERM))

    def test_a_namespace_init_without_a_handler_ignores_it(self):
        self.assertTrue(fact(1, inner=1).ignores(signal.SIGTERM))
        self.assertFalse(fact(1, inner=1, caught=bits(15)).ignores(signal.SIGTERM))

    def test_masks_of_real_programs(self):
        # bash with an EXIT trap, with a TERM trap, dumb-init, go, node.
        self.assertEqual([True, False, True, True, False], [fact(1, caught=mask).catches_nearly_all for mask in (
            0x43817ef9, 0x14000, 0x7ffbfeff, 0xfffffffd7fc1fefd, 0x100004602)])

    def test_a_circle_of_parents_ends(self):
        # Pids are read one after the other, and may be given anew meanwhile.
        self.assertEqual([2], [one.pid for one in below(table(fact(1, 2), fact(2, 1)), fact(1, 2))])
