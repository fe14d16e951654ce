"""Runctl's guard: sees the interruption notice, has the training save, and uploads the checkpoint to S3.

A package uses only those in the rows below its own. Each says in its docstring what belongs there.

    cli
    commands
    guard
    interruption, training
    checkpoints
    runs
    aws, service
    system
    errors
"""
