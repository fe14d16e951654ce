#!/bin/bash
set -euo pipefail
python() { python3 "$@"; }
source ./defaults.sh
exec python3 -m torch.distributed.run --rdzv_backend=c10d --rdzv_endpoint=localhost:0 --nnodes=1 --nproc_per_node=2 torch_dcp.py "$@"
