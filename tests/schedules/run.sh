#!/bin/bash
# Random schedules of trainings, interruptions and faults: see run.py, or --help.
exec python3 -B "$(dirname "$0")/run.py" "$@"
