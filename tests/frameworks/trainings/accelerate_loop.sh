#!/bin/bash
set -euo pipefail
exec python3 -m accelerate.commands.launch --num_processes 1 --num_machines 1 --mixed_precision no --dynamo_backend no accelerate_loop.py "$@"
