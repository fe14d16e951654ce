"""Checkpoints of a run as a training without a guard leaves them, uploaded by hand."""
import os
import subprocess
import time
import zipfile

import support
from runctl_guard.aws.session import Session
from runctl_guard.checkpoints.manifest import Facts
from runctl_guard.checkpoints.selection import order_of
from runctl_guard.checkpoints.uploads import uploads_of

BASE = "saved/%s/checkpoints/" % os.uname().nodename


class Saved(support.RootedTest):
    def setUp(self):
        super().setUp()
        self.start_s3()
        self.session = Session()

    def started(self, **checkpoint):
        self.run_ = self.new_run(store=support.STORE, checkpoint=dict({"dir": "checkpoints", "mirror": True}, **checkpoint))
        self.run_.update(state="running", started_at=time.time() - 1)
        self.uploads = uploads_of(self.run_, self.session)
        self.watch = self.uploads.checkpoints.watch
        self.watch.begin()
        self.store = self.uploads.store
        return self.run_

    def write(self, *names, data=None):
        for name in names:
            path = os.path.join(self.checkpoints, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if os.path.lexists(path):
                os.unlink(path)
            if data is None:
                with zipfile.ZipFile(path, "w") as file:
                    file.writestr("data", os.urandom(1000))
            else:
                with open(path, "wb") as file:
                    file.write(data)

    def nest(self, directory, depth):
        """Directories in one another, deeper than a path may be long."""
        os.makedirs(directory, exist_ok=True)
        at = os.open(directory, os.O_RDONLY)
        for _ in range(depth):
            os.mkdir("d", dir_fd=at)
            below = os.open("d", os.O_RDONLY, dir_fd=at)
            os.close(at)
            at = below
        os.close(at)
        self.addCleanup(subprocess.run, ["rm", "-rf", self.root])

    def look(self):
        """The save is over."""
        self.watch.look(whole=True)
        self.watch.cut_here(0.0)

    def upload(self, reason="periodic", after_signal=False):
        chosen = self.uploads.checkpoints.choose(self.store)
        self.assertIsNotNone(chosen)
        job = self.uploads.start(chosen.checkpoint, lambda: chosen.opened,
                                 Facts(reason, after_signal, order_of(self.run_, chosen.checkpoint)))
        self.assertTrue(job.wait(60))
        if job.error:
            raise job.error
        return job.committed

    def save(self, *names, reason="periodic"):
        self.write(*names)
        self.look()
        return self.upload(reason)

    def manifest(self, committed):
        return self.s3.json(committed["manifest"][len("s3://bucket/"):])

    def left(self):
        return [key[len(BASE):] for key in self.s3.keys() if key.startswith(BASE)]
