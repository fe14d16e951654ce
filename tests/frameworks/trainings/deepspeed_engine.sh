#!/bin/bash
set -euo pipefail
exec python3 -m deepspeed.launcher.runner --num_gpus 1 deepspeed_engine.py "$@"
