#!/bin/bash
# The sample of two workers under a real torchrun: interrupted on one instance of a sandbox, resumed on another, compared with an
# undisturbed training. Two to three minutes.
#
#   tests/torchrun/run.sh
#
# Needs a build (./build.ps1), the .NET SDK, and torch for the system's python3 (Debian: apt-get install python3-torch). Nothing is
# left behind. Prints a line per check, then PASS or FAIL; the exit code is 0 for PASS.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

# Asked of the python3 that an instance of the sandbox finds, whatever else is on our PATH.
python() { PATH=/usr/local/bin:/usr/bin:/bin python3 "$@"; }
python -c 'import torch.distributed.run, sys; print("torch %s, Python %s" % (torch.__version__, sys.version.split()[0]))' \
    || { echo "It needs torch for the system's python3; the top of $0 says how to get it." >&2; exit 2; }

source "$here/defaults.sh"

cd "$here/../.."
dotnet tool exec -y PowerShell -- "$here/run.ps1"
