"""Lightning's Trainer, with its own periodic checkpoints and Runctl's callback."""
import common
import lightning.pytorch as pl
import runctl_train
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(16, 1)

    def training_step(self, batch, batch_idx):
        return self.layer(batch[0]).square().mean()

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters())

    def on_train_start(self):
        common.begin(self.trainer.global_step or None)

    def on_train_batch_start(self, batch, batch_idx):
        common.pace()


torch.manual_seed(7)
folder = runctl_train.checkpoint_dir()
trainer = pl.Trainer(max_steps=2000, default_root_dir=folder, enable_progress_bar=False, logger=False, callbacks=[
    runctl_train.LightningCallback(), pl.callbacks.ModelCheckpoint(folder, every_n_train_steps=common.EVERY)])
trainer.fit(Model(), DataLoader(TensorDataset(torch.randn(4000, 16)), batch_size=2), ckpt_path=runctl_train.resume_path())
