"""Processes that a training starts after it was told, and trainers that are known late."""
from .trainings import TRAIN, Training


class Known(Training):
    def test_a_trainer_that_saves_less_often_than_is_looked_is_known_by_its_saves(self):
        self.started(train_py=TRAIN.replace("train()", "train(every=10)"))
        self.look(seconds=12.0)
        self.assertEqual(["writes weight files"], list(self.watch.found.reasons.values()))
