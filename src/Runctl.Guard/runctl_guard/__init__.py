"""Runctl's guard: sees the interruption notice, has the training save, and brings the checkpoint to S3."""
