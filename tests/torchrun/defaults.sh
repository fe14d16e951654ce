# Sourced by scripts that start torchrun: `python` is the command, or a function, that runs its Python.
#
# Where to redirect the workers' output torchrun 1 looks up in an enum, by going through its members; since Python 3.11 (both are in
# Debian 12) the member for "nowhere" is not gone through, and torchrun fails before a worker is started. Redirecting a tenth worker,
# which does not exist, comes to the same and needs no lookup of it. torchrun takes its options from such variables as well.
if python -c 'from torch.distributed.elastic.multiprocessing import Std; raise SystemExit(Std.from_str("0") is not None)'; then
    echo "This torchrun cannot be started with its defaults; PET_REDIRECTS and PET_TEE stand in for two of them."
    export PET_REDIRECTS=9:1 PET_TEE=9:1
fi
