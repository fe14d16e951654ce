using Runctl.Core.Tests.Fakes;
using Runctl.Setup;

namespace Runctl.Core.Tests.Setup;

public sealed class ScriptInspectionTests : IDisposable
{
    private readonly TempDirectory _project = new();

    [Theory]
    [InlineData("import signal\nsignal.signal(signal.SIGTERM, save)\n", true)]
    [InlineData("from signal import signal, SIGTERM\nsignal(SIGTERM, save)\n", true)]
    [InlineData("for s in (signal.SIGINT, signal.SIGTERM):\n    signal.signal(s, save)\n", true)]
    [InlineData("loop.add_signal_handler(signal.SIGTERM, save)\n", true)]
    [InlineData("trainer = Trainer(callbacks=[OnExceptionCheckpoint('checkpoints')])\n", true)]
    [InlineData("TrainingArguments(enable_jit_checkpoint=True)\n", true)]
    [InlineData("import runctl_train\nwhile not runctl_train.stop_requested():\n    step()\n", true)]
    [InlineData("from runctl_train import checkpoint_dir, TransformersCallback\n", true)]
    [InlineData("import runctl_train\nrunctl_train.step(1)\n", false)]
    [InlineData("# runctl_train.stop_requested()\n", false)]
    [InlineData("signal.signal(signal.SIGTERM, signal.SIG_IGN)\n", false)]
    [InlineData("signal.signal(signal.SIGTERM, signal.SIG_DFL)\n", false)]
    [InlineData("signal.signal(signal.SIGINT, save)\n", false)]
    [InlineData("# signal.signal(signal.SIGTERM, save)\n", false)]
    [InlineData("print('SIGTERM')\n", false)]
    [InlineData("", false)]
    [InlineData("\0ELF", null)]
    public void Python_is_read_for_a_handler(string text, bool? handles) => Assert.Equal(handles, Look("train.py", text).HandlesSignal);

    [Theory]
    [InlineData("signal.signal(signal.SIGUSR1, save)\n", "USR1")]
    [InlineData("try:\n    train()\nexcept KeyboardInterrupt:\n    save()\n", "INT")]
    [InlineData("except (KeyboardInterrupt, SystemExit) as e:\n    save()\n", "INT")]
    [InlineData("signal.signal(signal.SIGINT, signal.SIG_IGN)\n", null)]
    [InlineData("# except KeyboardInterrupt:\n", null)]
    [InlineData("signal.signal(signal.SIGTERM, save)\nsignal.signal(signal.SIGINT, save)\n", null)]
    public void Another_signal_that_is_handled_is_named(string text, string? signal)
    {
        Assert.Equal(signal, Look("train.py", text).OtherSignal);
        Assert.Equal(signal, Look("train.sh", "#!/bin/bash\npython3 train.py\n").OtherSignal);
    }

    [Theory]
    [InlineData("exec python3 \"$here/train.py\" \"$@\"\n", true)]
    [InlineData("python3 train.py\naws s3 sync . s3://b\n", true)]
    [InlineData("python3 other/train.py\n", null)]
    [InlineData("exec ./trainer\n", null)]
    [InlineData("trap 'kill -TERM $child' TERM\n./trainer & child=$!\nwait\n", true)]
    [InlineData("trap '' TERM\npython3 train.py\n", false)]
    [InlineData("# python3 train.py\n", null)]
    public void A_wrapper_is_judged_by_what_it_starts(string text, bool? handles)
    {
        _project.Write("train.py", "signal.signal(signal.SIGTERM, save)\n");
        Assert.Equal(handles, Look("train.sh", "#!/bin/bash\n" + text).HandlesSignal);
    }

    [Fact]
    public void A_handler_in_a_module_beside_the_script_counts_and_is_named()
    {
        _project.Write("lib/saving.py", "import signal\n\nsignal.signal(signal.SIGTERM, save)\n");
        var look = Look("train.py", "import os\nfrom lib.saving import save\n");
        Assert.True(look.HandlesSignal);
        Assert.Equal("saving.py, line 3, which train.py imports", look.Seen);
    }

    [Theory]
    [InlineData("exec torchrun --nproc_per_node=2 train.py\n", true)]
    [InlineData("python3 -m torch.distributed.run train.py\n", true)]
    [InlineData("accelerate launch train.py\n", true)]
    [InlineData("# torchrun train.py\npython3 train.py\n", false)]
    public void Torchrun_is_noticed(string text, bool uses) => Assert.Equal(uses, Look("train.sh", text).UsesTorchrun);

    [Theory]
    [InlineData(1e9, 100e6, 100e6, true)]
    [InlineData(20e9, 1e9, 100e6, null)]
    [InlineData(200e9, 1e9, 100e6, false)]
    [InlineData(10e9, 100e6, 10e9, false)]
    public void A_checkpoint_fits_the_window_by_its_size_and_the_speeds(double bytes, double disk, double link, bool? fits) =>
        Assert.Equal(fits, WindowEstimate.Fits(bytes, disk, link, TimeSpan.FromSeconds(90)));

    [Fact]
    public void The_largest_that_fits_takes_the_whole_window() =>
        Assert.Equal(WindowEstimate.Window, WindowEstimate.Seconds(WindowEstimate.Largest(2e8, 5e7), 2e8, 5e7), 6);

    public void Dispose() => _project.Dispose();

    private ScriptInspection Look(string name, string text) => ScriptInspection.At(_project.Write(name, text), _project.Path);
}
