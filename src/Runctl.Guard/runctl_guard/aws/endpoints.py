"""Names of AWS services: their domain is that of the partition, and on a machine without IPv4 they are the dual-stack ones."""
import re
import time
from typing import Optional

from ..system.machine_settings import machine_settings
from ..system.routes import ipv6_only
from .imds import Imds

# Domains where the metadata service does not tell, by how a region begins.
REGIONS = (("cn-", "amazonaws.com.cn"), ("eusc-", "amazonaws.eu"), ("us-isob-", "sc2s.sgov.gov"), ("us-isof-", "csp.hci.ic.gov"),
           ("us-iso-", "c2s.ic.gov"), ("eu-isoe-", "cloud.adc-e.uk"), ("", "amazonaws.com"))
# Where services have their dual-stack names; S3 has its own below the ordinary domain.
DUAL_STACK = {"amazonaws.com": "api.aws", "amazonaws.com.cn": "api.amazonwebservices.com.cn",
              "amazonaws.eu": "api.amazonwebservices.eu", "c2s.ic.gov": "api.aws.ic.gov", "sc2s.sgov.gov": "api.aws.scloud",
              "csp.hci.ic.gov": "api.aws.hci.ic.gov", "cloud.adc-e.uk": "api.cloud-aws.adc-e.uk"}
# Between questions to a metadata service that did not answer.
PAUSE_SECONDS = 60.0


class Endpoints:
    def __init__(self, imds: Imds) -> None:
        self._imds = imds
        self._domain: Optional[str] = None
        self._due = 0.0

    def host(self, service: str, region: str) -> str:
        domain, dual = self.domain(region), _dual_stack()
        if service == "s3":
            return "s3.%s%s.%s" % ("dualstack." if dual else "", region, domain)
        return "%s.%s.%s" % (service, region, DUAL_STACK.get(domain, domain) if dual else domain)

    def domain(self, region: str) -> str:
        """The metadata service knows that of new partitions too; it is asked once."""
        if self._domain is None and time.monotonic() >= self._due:
            self._due = time.monotonic() + PAUSE_SECONDS
            reading = self._imds.get("meta-data/services/domain")
            text = reading.body.decode("ascii", "replace").strip()
            if reading.status == "ok" and re.match(r"[a-z0-9-]+(\.[a-z0-9-]+)+$", text):
                self._domain = text
        return self._domain or next(domain for prefix, domain in REGIONS if region.startswith(prefix))


def _dual_stack() -> bool:
    """As AWS_USE_DUALSTACK_ENDPOINT says, else by the routes."""
    said = machine_settings().get("aws_use_dualstack_endpoint", "").strip().lower()
    return said == "true" if said in ("true", "false") else ipv6_only()
