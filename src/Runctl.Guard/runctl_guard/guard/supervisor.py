"""What the guard keeps in memory about one run; all of it can be lost."""
from typing import Any, Dict, Optional

from ..aws.session import Session
from ..checkpoints.mirror import Mirror
from ..checkpoints.uploads import uploads_of
from ..interruption.observed import CheckpointLook
from ..interruption.trainer_watch import TrainerWatch
from ..runs.run import Run
from ..runs.target import ProcessTarget
from ..runs.webhook import Webhook
from .leftovers import Leftovers
from .tasks import BackgroundTasks


class Watched:
    def __init__(self, run: Run, session: Session) -> None:
        self.run, self._session = run, session
        self.mirror = Mirror(run, session)
        self.webhook = Webhook(run, session)
        self.starter: Optional[Any] = None
        self.starters: Dict[Any, int] = {}
        self.tasks = BackgroundTasks(run.id)
        self._attempt: Any = 0
        self.renew()

    def renew(self) -> None:
        """What belongs to one attempt only, if another has begun."""
        attempt = self.run.state.get("attempt")
        if attempt != self._attempt:
            self._attempt = attempt
            observe = CheckpointLook(uploads_of(self.run, self._session))
            self.trainers = TrainerWatch(self.run, ProcessTarget(self.run), observe)
            self.leftovers = Leftovers(self.run, self.trainers)
