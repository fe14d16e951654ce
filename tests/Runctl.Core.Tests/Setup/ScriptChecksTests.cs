using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Setup;

namespace Runctl.Core.Tests.Setup;

public sealed class ScriptChecksTests : IDisposable
{
    private readonly TempDirectory _project = new();
    private RunctlConfiguration _configuration = new();

    public void Dispose() => _project.Dispose();

    [Fact]
    public void A_shell_script_with_windows_line_ends_is_named_with_the_fix()
    {
        var check = Check("ScriptLineEnds", "run.sh", "#!/usr/bin/env bash\r\nset -euo pipefail\r\npython3 train.py \"$@\"\r\n");
        Assert.False(check.Passed);
        Assert.StartsWith("run.sh: lines end in CR LF", check.Seen, StringComparison.Ordinal);
        Assert.Contains("sed -i 's/\\r$//' run.sh", check.Remedy, StringComparison.Ordinal);
        Assert.Contains("dos2unix run.sh", check.Remedy, StringComparison.Ordinal);
        Assert.Contains("*.sh text eol=lf' to .gitattributes", check.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("source env.sh\n")]
    [InlineData(". ./env.sh\n")]
    [InlineData("source \"$here/env.sh\"\n")]
    [InlineData("bash env.sh && python3 train.py\n")]
    [InlineData("./env.sh\n")]
    [InlineData("source middle.sh\n")]
    public void So_is_one_that_the_script_starts_or_sources(string text)
    {
        _project.Write("middle.sh", "bash env.sh\n");
        _project.Write("env.sh", "export A=1\r\n");
        Assert.StartsWith("env.sh: lines", Check("ScriptLineEnds", "run.sh", "#!/bin/bash\n" + text).Seen, StringComparison.Ordinal);
    }

    [Fact]
    public void So_is_one_that_the_setup_command_names()
    {
        _configuration = new RunctlConfiguration { SetupCommand = "bash ./tools/setup.sh --fast" };
        _project.Write("tools/setup.sh", "pip install x\r\n");
        Assert.StartsWith("tools/setup.sh: lines", Check("ScriptLineEnds", "train.py", "print(1)\n").Seen, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run.sh", "#!/bin/bash\npython3 train.py\n")]
    [InlineData("train.py", "#!/usr/bin/env python3\r\nprint(1)\r\n")]
    [InlineData("run.sh", "#!/bin/bash\n# source env.sh\n")]
    public void Python_copes_and_what_no_shell_reads_does_not_count(string name, string text)
    {
        _project.Write("env.sh", "export A=1\r\n");
        Assert.True(Check("ScriptLineEnds", name, text).Passed);
    }

    [Theory]
    [InlineData("import signal\ndata = load_dataset('imdb')\nsignal.signal(signal.SIGTERM, stop)\n", 3, "data = load_dataset('imdb')")]
    [InlineData("import signal\nmodel = AutoModel.from_pretrained('gpt2')\nfor s in (signal.SIGINT, signal.SIGTERM):\n    signal.signal(s, stop)\n", 4, "model = AutoModel.from_pretrained('gpt2')")]
    [InlineData("import signal\ndef data():\n    return pd.read_csv('x')\ndef main():\n    rows = data()\n    signal.signal(signal.SIGTERM, stop)\nmain()\n", 6, "rows = data()")]
    [InlineData("import signal\ndef install():\n    signal.signal(signal.SIGTERM, stop)\nset = torchvision.datasets.MNIST('.', download=True)\ninstall()\n", 5, "set = torchvision.datasets.MNIST('.', download=True)")]
    [InlineData("from saving import install\nstate = torch.load('x.pt')\ninstall()\n", 3, "state = torch.load('x.pt')")]
    public void A_handler_that_is_registered_after_data_or_model_is_named_with_both_lines(string text, int line, string work)
    {
        _project.Write("saving.py", "import signal\ndef install():\n    signal.signal(signal.SIGTERM, stop)\n");
        var check = Check("HandlerEarly", "train.py", text);
        Assert.False(check.Passed, check.Seen);
        Assert.Contains($"registered in line {line}, after '{work}'", check.Seen, StringComparison.Ordinal);
        Assert.Contains("Register the handler first", check.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("import signal\nimport torch\nsignal.signal(signal.SIGTERM, stop)\n", "import torch")]
    [InlineData("import torch, signal\ndef main():\n    signal.signal(signal.SIGTERM, stop)\nmain()\n", "import torch, signal")]
    public void Large_imports_before_it_are_said_and_do_not_fail(string text, string import)
    {
        var check = Check("HandlerEarly", "train.py", text);
        Assert.True(check.Passed);
        Assert.Contains($"after '{import}'", check.Seen, StringComparison.Ordinal);
        Assert.NotNull(check.Remedy);
    }

    [Theory]
    [InlineData("import signal, os, sys\nsignal.signal(signal.SIGTERM, stop)\nimport torch\ndata = load_dataset('imdb')\n")]
    [InlineData("import signal\ndef data():\n    return load_dataset('imdb')\nsignal.signal(signal.SIGTERM, stop)\nrows = data()\n")]
    [InlineData("import signal\n# data = load_dataset('imdb')\nsignal.signal(signal.SIGTERM, stop)\n")]
    [InlineData("from lib import *\nimport torch\ndata = load_dataset('imdb')\n")]
    [InlineData("TrainingArguments(enable_jit_checkpoint=True)\n")]
    public void A_handler_that_comes_first_passes(string text)
    {
        _project.Write("lib.py", "import signal\nsignal.signal(signal.SIGTERM, stop)\n");
        var check = Check("HandlerEarly", "train.py", text);
        Assert.True(check.Passed, check.Seen);
        Assert.Null(check.Remedy);
    }

    [Theory]
    [InlineData("run.sh", "exec torchrun --nproc_per_node=2 train.py\n", "torchrun")]
    [InlineData("run.sh", "deepspeed --num_gpus 2 train.py --deepspeed ds.json\n", "deepspeed")]
    [InlineData("run.sh", "accelerate launch train.py\n", "torchrun")]
    public void A_launcher_that_is_told_and_ends_its_workers_after_30_s_is_named(string name, string text, string launcher)
    {
        Assert.True(Check("TorchrunGrace", name, "#!/bin/bash\n" + text).Passed);
        _configuration = new RunctlConfiguration { SignalTo = "launcher" };
        var check = Check("TorchrunGrace", name, "#!/bin/bash\n" + text);
        Assert.False(check.Passed);
        Assert.StartsWith(launcher + " kills its workers 30 s after SIGTERM", check.Seen, StringComparison.Ordinal);
    }

    [Fact]
    public void A_start_warns_of_what_fails_and_of_nothing_else()
    {
        _configuration = new RunctlConfiguration { SignalTo = "launcher" };
        var script = _project.Write("run.sh", "#!/bin/bash\r\ntorchrun train.py\r\n");
        Assert.Equal(2, ScriptChecks.Warnings(_configuration, script, _project.Path).Count);
        Assert.Empty(ScriptChecks.Warnings(_configuration, _project.Write("train.py", "import torch, signal\nsignal.signal(signal.SIGTERM, stop)\n"), _project.Path));
        Assert.Empty(ScriptChecks.Warnings(_configuration, _project.Write("other.py", "print(1)\n"), _project.Path));
    }

    private RunctlSetupCheck Check(string name, string script, string text)
    {
        var path = _project.Write(script, text);
        return new ScriptChecks(new CheckList(null), _configuration, _project.Path).Judge(ScriptInspection.At(path, _project.Path)).Single(check => check.Name == name);
    }
}
