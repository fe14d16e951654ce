#!/usr/bin/env bash
# Two workers on this machine under torchrun. Runctl tells the workers themselves. If something else tells torchrun, it kills them 30 s
# after SIGTERM; torch 2.12 and later take another time from TORCH_ELASTIC_SHUTDOWN_TIMEOUT (seconds). The rendezvous takes any free port: --standalone takes a
# fixed one in older torch, and the second training on the machine fails with the end of the first.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
export OMP_NUM_THREADS=1 TORCH_ELASTIC_SHUTDOWN_TIMEOUT="${TORCH_ELASTIC_SHUTDOWN_TIMEOUT:-80}"
exec python3 -m torch.distributed.run --rdzv_backend=c10d --rdzv_endpoint=localhost:0 --nnodes=1 --nproc_per_node="${WORKERS:-2}" "$here/train_ddp.py" "$@"
