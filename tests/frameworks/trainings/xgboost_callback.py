"""XGBoost: its model knows how many rounds it has; a callback of its own interface saves and stops."""
import os

import common
import numpy
import runctl_train
import xgboost

data = numpy.random.default_rng(7).normal(size=(200, 8))
resume = runctl_train.resume_path()
before = xgboost.Booster(model_file=resume) if resume else None
done = common.begin(before.num_boosted_rounds() if before else None)


class Saving(xgboost.callback.TrainingCallback):
    def after_iteration(self, model, epoch, evals_log):
        common.pace()
        step = model.num_boosted_rounds()
        runctl_train.step(step)
        told = runctl_train.stop_requested()
        if told or step % common.EVERY == 0:
            path = os.path.join(runctl_train.checkpoint_dir(), "model_%d.json" % step)
            runctl_train.atomic_save(path, model.save_model)
        return told


xgboost.train({"max_depth": 2, "nthread": 1}, xgboost.DMatrix(data, data.sum(axis=1)), 2000, xgb_model=before, callbacks=[Saving()])
