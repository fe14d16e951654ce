"""Keras' fit, and BackupAndRestore, which finds its backup itself. It saves after
every batch here, and before this callback is asked whether to stop."""
import os

import common
import keras
import numpy
import runctl_train

folder = os.path.join(runctl_train.checkpoint_dir(), "backup")


class Stop(keras.callbacks.Callback):
    step = 0

    def on_train_begin(self, logs=None):
        self.step = int(self.model.optimizer.iterations)
        common.begin(self.step or None)

    def on_train_batch_end(self, batch, logs=None):
        common.pace()
        self.step += 1
        runctl_train.step(self.step)
        if runctl_train.stop_requested():
            self.model.stop_training = True


model = keras.Sequential([keras.Input((16,)), keras.layers.Dense(1)])
model.compile("adam", "mse")
data = numpy.random.default_rng(7).normal(size=(4000, 16))
model.fit(data, data.sum(axis=1), batch_size=2, epochs=1, verbose=0,
          callbacks=[keras.callbacks.BackupAndRestore(folder, save_freq=1, delete_checkpoint=False), Stop()])
