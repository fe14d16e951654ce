"""What all parts of the program share: the metadata service, credentials, S3, and one upload desk per run."""
import os
from typing import TYPE_CHECKING, Any, Dict, Optional

from ..errors import STORAGE, GuardError
from ..runs.run import Run
from .credentials import CredentialSource
from .imds import Imds, instance_id

# What only looks (`status`, every few seconds) pays for no S3; the guard itself has all of it from its beginning.
if TYPE_CHECKING:
    from ..runs.record import RunRecord
    from .s3 import S3
    from ..checkpoints.uploads import Uploads


class Services:
    def __init__(self) -> None:
        self.imds = Imds()
        self.credentials = CredentialSource(self.imds)
        self._clients: Dict[str, "S3"] = {}
        self._uploads: Dict[Any, "Uploads"] = {}

    def instance_id(self) -> str:
        return instance_id(self.imds)

    def region(self, spec: Optional[Dict[str, Any]] = None) -> str:
        region = (spec or {}).get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        if region:
            return region
        reading = self.imds.get("meta-data/placement/region")
        if reading.status != "ok":
            raise GuardError("NoRegion", "The AWS region is not known.", STORAGE)
        return reading.body.decode("ascii").strip()

    def s3(self, spec: Optional[Dict[str, Any]] = None) -> "S3":
        region = self.region(spec)
        if region not in self._clients:
            from .s3 import S3
            self._clients[region] = S3(region, self.credentials)
        return self._clients[region]

    def record(self, run: Run) -> Optional["RunRecord"]:
        """None where the run has no store: then there is nobody to agree with."""
        from ..runs.record import RunRecord
        spec = dict(run.spec, attempt=run.state["claim"])
        return RunRecord(self.s3(spec), spec) if spec.get("store") else None

    def uploads(self, run: Run) -> "Uploads":
        key = (run.id, run.state.get("attempt"))
        if key not in self._uploads:
            from ..checkpoints.store import CheckpointStore
            from ..checkpoints.uploads import Uploads
            spec = run.spec
            store = CheckpointStore(self.s3(spec), run) if spec.get("store") else None
            self._uploads[key] = Uploads(run, store)
        return self._uploads[key]

    def secrets(self, spec: Dict[str, Any]) -> Dict[str, str]:
        """The training's own variables, those kept elsewhere filled in."""
        return self.resolve(spec, {name: str(value) for name, value in (spec.get("environment") or {}).items()})

    def resolve(self, spec: Dict[str, Any], values: Dict[str, str]) -> Dict[str, str]:
        if not any(value.startswith(("ssm:", "secretsmanager:")) for value in values.values()):
            return values
        from .secrets import resolve
        return resolve(values, self.region(spec), self.credentials)
