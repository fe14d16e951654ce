"""What the guard keeps in memory about one run; all of it can be lost."""
from typing import Any, Dict, Optional

from ..aws.session import Session
from ..checkpoints.mirror import Mirror
from ..runs.run import Run
from ..runs.target import ProcessTarget
from ..runs.webhook import Webhook
from .tasks import BackgroundTasks


class Watched:
    def __init__(self, run: Run, session: Session) -> None:
        self.run = run
        self.target = ProcessTarget(run)
        self.mirror = Mirror(run, session)
        self.webhook = Webhook(run, session)
        self.starter: Optional[Any] = None
        self.starters: Dict[Any, int] = {}
        self.tasks = BackgroundTasks(run.id)
