"""Brings an object to a file, or a file to S3, by the guard's own code: program, direction, bucket, key, file."""
import os
import sys

program, direction, bucket, key, path = sys.argv[1:]
sys.path.insert(0, program)

from runctl_guard.aws.download import download
from runctl_guard.aws.s3 import Location
from runctl_guard.aws.session import Session
from runctl_guard.aws.upload import FileUpload

s3, at = Session().s3(), Location(bucket, key)
if direction == "down":
    with open(path, "wb") as file:
        download(s3, at, file.fileno())
else:
    descriptor = os.open(path, os.O_RDONLY)
    FileUpload(s3, at, path, descriptor, os.fstat(descriptor)).run()
