"""`verify_command`: the user's own check of a periodic checkpoint. It may take long, or hang, and holds nothing up."""
import os
import signal
import subprocess
import threading
from typing import Callable, Optional

from ..errors import STORAGE, GuardError
from ..runs import spec
from ..runs.run import Run
from ..system.guard_log import log_exception
from ..system.users import become
from .selection import Chosen

VERIFY_SECONDS = 600.0


class Verification:
    """One check of one checkpoint, in a thread of its own. `passed` is called there if the command accepts it; True if it takes the
    opened files. Otherwise they are closed, and `error` says why unless the check was given up."""

    def __init__(self, run: Run, command: str, chosen: Chosen, passed: Callable[[], bool]) -> None:
        self.chosen, self.error = chosen, None  # type: Chosen, Optional[GuardError]
        self._run, self._command, self._passed = run, command, passed
        self._process: Optional["subprocess.Popen[bytes]"] = None
        self._given_up, self._lock = False, threading.Lock()
        self._thread = threading.Thread(target=self._work, name="verify %s" % run.id, daemon=True)
        self._thread.start()

    def running(self) -> bool:
        return self._thread.is_alive()

    def give_up(self) -> None:
        with self._lock:
            self._given_up = True
            self._kill()

    def _work(self) -> None:
        try:
            self._verify(os.path.join(self._run.state["checkpoint_dir"], self.chosen.checkpoint.head))
            with self._lock:
                if not self._given_up and self._passed():
                    return
        except GuardError as error:
            self.error = None if self._given_up else error
        except Exception:
            log_exception()
        self.chosen.opened.close()

    def _verify(self, path: str) -> None:
        """Runs it as the training's user, with the path as its last argument."""
        user = spec.run_user(self._run)
        with self._lock:
            if self._given_up:
                return
            process = self._process = subprocess.Popen(
                ["/bin/sh", "-c", self._command + ' "$1"', "verify_command", path], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self._run.state["project_dir"], start_new_session=True,
                env={"HOME": user.home, "USER": user.name, "PATH": os.environ.get("PATH", os.defpath)},
                preexec_fn=lambda: become(user))
        try:
            output, _ = process.communicate(timeout=VERIFY_SECONDS)
        except subprocess.TimeoutExpired:
            with self._lock:
                self._kill()
            process.communicate()
            raise GuardError("VerifyFailed", "verify_command did not end within %d s." % VERIFY_SECONDS, STORAGE, path)
        if process.returncode:
            text = output.decode("utf-8", "replace").strip()[-500:]
            raise GuardError("VerifyFailed", "verify_command ended with exit code %d: %s" % (process.returncode, text), STORAGE,
                             path)

    def _kill(self) -> None:
        """With all that it started."""
        if self._process is not None and self._process.returncode is None:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                # It ends just now.
                return
