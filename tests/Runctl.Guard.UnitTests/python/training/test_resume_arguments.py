import unittest

import support  # noqa: F401
from runctl_guard.training.launch import resume_arguments

USUAL = ["--resume", "{checkpoint}"]


class ResumeArguments(unittest.TestCase):
    def added(self, arguments, configured=None):
        return resume_arguments(USUAL if configured is None else configured, arguments, "checkpoints/step_100", "checkpoints")

    def test_they_are_added_whatever_paths_the_arguments_name(self):
        for arguments in ([], ["--save", "checkpoints/step_100"], ["--save=checkpoints/step_1000"], ["--init", "step_100"]):
            self.assertEqual(["--resume", "checkpoints/step_100"], self.added(arguments), arguments)

    def test_the_same_flag_is_not_given_twice(self):
        for arguments in (["--resume", "other.pt"], ["--resume=other.pt"], ["--epochs", "3", "--resume"]):
            self.assertEqual([], self.added(arguments), arguments)
            self.assertEqual([], self.added(arguments, ["--resume={checkpoint}"]), arguments)

    def test_a_flag_that_only_begins_alike_is_another_one(self):
        for arguments in (["--resume-lr", "0.1"], ["--resume_from=x"], ["--no-resume"], ["x--resume"]):
            self.assertEqual(["--resume", "checkpoints/step_100"], self.added(arguments), arguments)

    def test_flag_and_value_may_be_one_argument(self):
        self.assertEqual(["trainer.ckpt=checkpoints/step_100"], self.added(["trainer.x=1"], ["trainer.ckpt={checkpoint}"]))
        self.assertEqual([], self.added(["trainer.ckpt=a"], ["trainer.ckpt={checkpoint}"]))

    def test_the_directory_can_be_named(self):
        self.assertEqual(["--load", "checkpoints"], self.added([], ["--load", "{checkpoint_dir}"]))
        self.assertEqual([], self.added(["--load", "x"], ["--load", "{checkpoint_dir}"]))

    def test_a_flag_without_a_value(self):
        self.assertEqual(["--auto-resume"], self.added([], ["--auto-resume"]))
        self.assertEqual([], self.added(["--auto-resume"], ["--auto-resume"]))

    def test_a_value_without_a_flag_is_always_added(self):
        self.assertEqual(["checkpoints/step_100"], self.added(["checkpoints/step_100"], ["{checkpoint}"]))

    def test_none_are_none(self):
        self.assertEqual([], self.added(["--save", "x"], []))

    def test_a_key_of_hydra_is_the_same_with_and_without_plus(self):
        for configured in ("ckpt_path={checkpoint}", "+ckpt_path={checkpoint}"):
            for given in ("ckpt_path=x", "+ckpt_path=x", "++ckpt_path=x"):
                self.assertEqual([], self.added([given], [configured]))
            self.assertEqual([configured.replace("{checkpoint}", "checkpoints/step_100")], self.added(["ckpt_path_best=x"], [configured]))

    def test_text_before_the_placeholder_is_no_flag(self):
        self.assertEqual([], self.added(["--init", "x"], ["--init", "file://{checkpoint}"]))
        self.assertEqual([], self.added(["--init=x"], ["--init=file://{checkpoint}"]))
        self.assertEqual(["--set=resume=checkpoints/step_100"], self.added(["--set=rate=1"], ["--set=resume={checkpoint}"]))
