#!/usr/bin/env bash
# A wrapper around a Python training. `exec` puts Python in the place of the shell, so that SIGTERM reaches it from whoever sends it;
# a shell that waits for its child does not pass signals on. (Runctl signals the process below a shell, so a wrapper without exec works
# with it; `docker stop`, `timeout` and most schedulers do not.) Where something is to be done after the training, start it in the
# background, trap TERM to `kill -TERM` it, and `wait` for it twice.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
export PYTHONHASHSEED=0
echo "wrapped by process $$"
exec python3 "$here/train_checkpoint_dirs.py" "$@"
