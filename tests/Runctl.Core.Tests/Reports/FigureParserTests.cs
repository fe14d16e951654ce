using System.Globalization;
using Runctl.Reports;

namespace Runctl.Core.Tests.Reports;

public sealed class FigureParserTests
{
    [Theory]
    [InlineData("loss=0.123", "loss=0.123")]
    [InlineData("Loss: 0.5", "loss=0.5")]
    [InlineData("step 100 loss 0.5", "loss=0.5")]
    [InlineData("step=100, train_loss=0.5, val_loss=0.75", "train_loss=0.5 val_loss=0.75")]
    [InlineData("{'loss': 0.4, 'grad_norm': 1.5, 'learning_rate': 5e-05, 'epoch': 1.2}", "loss=0.4")]
    [InlineData("{'loss': '0.4', 'epoch': '1.2'}", "loss=0.4")]
    [InlineData("{'eval_loss': 0.41, 'eval_accuracy': 0.9, 'epoch': 1.0}", "eval_loss=0.41 eval_accuracy=0.9")]
    [InlineData("""{"step": 7, "train/loss": 2.5e-3}""", "train_loss=0.0025")]
    [InlineData("938/938 [==============================] - 3s 3ms/step - loss: 0.3012 - accuracy: 0.9123 - val_loss: 0.2 - val_accuracy: 0.95", "loss=0.3012 accuracy=0.9123 val_loss=0.2 val_accuracy=0.95")]
    [InlineData("Epoch 3:  45%|████▌     | 450/1000 [00:30<00:37, 14.85it/s, v_num=0, train_loss=0.207]", "train_loss=0.207")]
    [InlineData(" 45%|####      | 450/1000 [00:30<00:37, 14.85it/s, loss=0.207]", "loss=0.207")]
    [InlineData("Train Epoch: 1 [640/60000 (1%)]\tLoss: 2.300039", "loss=2.300039")]
    [InlineData("Test set: Average loss: 0.0285, Accuracy: 9852/10000 (99%)", "average_loss=0.0285")]
    [InlineData("iter 10: training loss 1.25, validation loss 1.5", "train_loss=1.25 val_loss=1.5")]
    [InlineData("[epoch 2] trainLoss = 1.5 validLoss = 2", "train_loss=1.5 val_loss=2")]
    [InlineData("loss: tensor(0.25, device='cuda:0')", "loss=0.25")]
    [InlineData("loss=np.float64(0.25)", "loss=0.25")]
    [InlineData("loss = 1.5E-7", "loss=1.5E-07")]
    [InlineData("loss: .5", "loss=0.5")]
    [InlineData("loss: nan val_loss=inf", "loss=NaN val_loss=Infinity")]
    [InlineData("loss -inf", "loss=-Infinity")]
    [InlineData("loss 0.5.", "loss=0.5")]
    [InlineData("\u001b[32mloss\u001b[0m: \u001b[1m0.5\u001b[0m", "loss=0.5")]
    [InlineData("acc 98.5%", "acc=98.5")]
    public void A_line_that_tells_of_a_loss_gives_its_name_and_value(string line, string expected) => Assert.Equal(expected, Found(line));

    [Theory]
    [InlineData("nothing here")]
    [InlineData("loss")]
    [InlineData("loss=mse")]
    [InlineData("writing /data/loss/0.5")]
    [InlineData("writing runs/loss=0.5/model.pt")]
    [InlineData("saved epoch=3-val_loss=0.25.ckpt")]
    [InlineData("saved val_loss=0.25.ckpt")]
    [InlineData("loss 12:30:05")]
    [InlineData("loss: 2026-01-31")]
    [InlineData("loss computed in loss=5ms")]
    [InlineData("loss_scale=65536")]
    [InlineData("loss_weight: 0.5")]
    [InlineData("best val_loss: 0.25")]
    [InlineData("best_val_loss=0.25")]
    [InlineData("glossary=0.5 accept=3 account: 7 access 5")]
    [InlineData("--loss=0.5")]
    [InlineData("accumulation_steps=4")]
    public void A_line_that_only_looks_like_one_gives_nothing(string line) => Assert.Equal("", Found(line));

    [Fact]
    public void A_line_without_end_is_not_searched() => Assert.Equal("", Found("loss=0.5 " + new string('x', 5000)));

    [Theory]
    [InlineData("step 100 loss 0.5", 100L)]
    [InlineData("{'step': 12, 'loss': 0.5}", 12L)]
    [InlineData("global_step=7", 7L)]
    [InlineData("iter 10: loss 1", 10L)]
    [InlineData("Iteration #42", 42L)]
    [InlineData("Step [5/10]", 5L)]
    [InlineData("step 100: loss 1", 100L)]
    [InlineData("step 100/1000 | loss 1", 100L)]
    [InlineData("3ms/step - loss: 1", null)]
    [InlineData("step 1.5", null)]
    [InlineData("/ckpt/step_100.pt", null)]
    [InlineData("stepped 5", null)]
    [InlineData("no number", null)]
    public void A_line_gives_the_step_that_it_names(string line, long? step) => Assert.Equal(step, FigureParser.Step(line));

    private static string Found(string line)
    {
        var found = new List<LogFigure>();
        FigureParser.Figures(line, found);
        return string.Join(' ', found.Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Name}={f.Value}")));
    }
}
