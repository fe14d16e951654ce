"""What the parts of the program share: the metadata service, credentials, and clients of AWS."""
import os
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional

from ..errors import STORAGE, GuardError
from .credentials import CredentialSource
from .endpoints import Endpoints
from .imds import Imds, instance_id

# `status`, which runs every few seconds, does not pay for the import of S3.
if TYPE_CHECKING:
    from .s3 import S3


class Session:
    def __init__(self) -> None:
        self.imds = Imds()
        self.credentials = CredentialSource(self.imds)
        self.endpoints = Endpoints(self.imds)
        self._clients: Dict[Any, "S3"] = {}
        self._made: Dict[Any, Any] = {}

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
        from .s3 import S3, encryption_headers
        region, encryption = self.region(spec), encryption_headers((spec or {}).get("store"))
        key = region, tuple(sorted(encryption.items()))
        if key not in self._clients:
            self._clients[key] = S3(region, self.credentials, self.endpoints, encryption)
        return self._clients[key]

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What `make` returned for this key when it was first asked for."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def secrets(self, spec: Dict[str, Any]) -> Dict[str, str]:
        """The training's own variables, those kept elsewhere filled in."""
        return self.resolve(spec, {name: str(value) for name, value in (spec.get("environment") or {}).items()})

    def resolve(self, spec: Dict[str, Any], values: Dict[str, str]) -> Dict[str, str]:
        if not any(value.startswith(("ssm:", "secretsmanager:")) for value in values.values()):
            return values
        from .secrets import resolve
        return resolve(values, self.region(spec), self.credentials, self.endpoints)
