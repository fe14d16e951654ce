"""The Trainer of transformers, with a model so small that it need not be downloaded."""
import common
import runctl_train
import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainerCallback, TrainingArguments


class Data(torch.utils.data.Dataset):
    def __len__(self):
        return 4000

    def __getitem__(self, index):
        generator = torch.Generator().manual_seed(index)
        return {"input_ids": torch.randint(0, 50, (8,), generator=generator), "labels": torch.tensor(index % 2)}


class Said(TrainerCallback):
    def on_train_begin(self, args, state, control, **kwargs):
        common.begin(state.global_step or None)

    def on_step_end(self, args, state, control, **kwargs):
        common.pace()


torch.manual_seed(7)
model = BertForSequenceClassification(BertConfig(
    vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, max_position_embeddings=16))
trainer = Trainer(model=model, train_dataset=Data(), callbacks=[Said(), runctl_train.TransformersCallback()],
                  args=TrainingArguments(runctl_train.checkpoint_dir(), save_steps=common.EVERY, save_total_limit=2, max_steps=2000,
                                         per_device_train_batch_size=2, report_to=[], disable_tqdm=True))
trainer.train(resume_from_checkpoint=runctl_train.resume_path())
