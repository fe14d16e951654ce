"""scikit-learn: an estimator that learns in steps, saved with joblib."""
import os

import common
import joblib
import numpy
import runctl_train
from sklearn.linear_model import SGDRegressor

model, step = SGDRegressor(random_state=7), None
if runctl_train.resume_path():
    model, step = joblib.load(runctl_train.resume_path())


def advance(step):
    some = numpy.random.default_rng(step).normal(size=(8, 16))
    model.partial_fit(some, some.sum(axis=1))


def save(step):
    path = os.path.join(runctl_train.checkpoint_dir(), "model_%d.joblib" % step)
    runctl_train.atomic_save(path, lambda staging: joblib.dump((model, step), staging))


common.train(step, advance, save)
