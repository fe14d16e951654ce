"""LightGBM: its model is a text that knows how many trees it has; a callback saves and stops."""
import os

import common
import lightgbm
import numpy
import runctl_train

data = numpy.random.default_rng(7).normal(size=(200, 8))
resume = runctl_train.resume_path()
done = common.begin(lightgbm.Booster(model_file=resume).current_iteration() if resume else None)


def saving(env):
    common.pace()
    step = done + env.iteration + 1 - env.begin_iteration
    runctl_train.step(step)
    told = runctl_train.stop_requested()
    if told or step % common.EVERY == 0:
        path = os.path.join(runctl_train.checkpoint_dir(), "model_%d.txt" % step)
        runctl_train.atomic_save(path, lambda staging: env.model.save_model(staging))
    if told:
        raise lightgbm.callback.EarlyStopException(env.iteration, [])


lightgbm.train({"num_leaves": 4, "num_threads": 1, "verbose": -1}, lightgbm.Dataset(data, data.sum(axis=1)), 2000,
               init_model=resume, callbacks=[saving])
