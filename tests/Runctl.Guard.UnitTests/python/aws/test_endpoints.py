from unittest import mock

import support
from runctl_guard.aws import endpoints, imds
from runctl_guard.aws.endpoints import Endpoints

# As the SDK's own rules give them: botocore 1.43, partitions.json and endpoints.json.
NAMES = {
    ("s3", "us-east-1"): ("s3.us-east-1.amazonaws.com", "s3.dualstack.us-east-1.amazonaws.com"),
    ("s3", "us-gov-west-1"): ("s3.us-gov-west-1.amazonaws.com", "s3.dualstack.us-gov-west-1.amazonaws.com"),
    ("s3", "cn-north-1"): ("s3.cn-north-1.amazonaws.com.cn", "s3.dualstack.cn-north-1.amazonaws.com.cn"),
    ("s3", "eusc-de-east-1"): ("s3.eusc-de-east-1.amazonaws.eu", "s3.dualstack.eusc-de-east-1.amazonaws.eu"),
    ("s3", "us-iso-east-1"): ("s3.us-iso-east-1.c2s.ic.gov", "s3.dualstack.us-iso-east-1.c2s.ic.gov"),
    ("s3", "us-isob-east-1"): ("s3.us-isob-east-1.sc2s.sgov.gov", "s3.dualstack.us-isob-east-1.sc2s.sgov.gov"),
    ("s3", "eu-isoe-west-1"): ("s3.eu-isoe-west-1.cloud.adc-e.uk", "s3.dualstack.eu-isoe-west-1.cloud.adc-e.uk"),
    ("s3", "us-isof-south-1"): ("s3.us-isof-south-1.csp.hci.ic.gov", "s3.dualstack.us-isof-south-1.csp.hci.ic.gov"),
    ("ssm", "eu-west-1"): ("ssm.eu-west-1.amazonaws.com", "ssm.eu-west-1.api.aws"),
    ("ssm", "cn-north-1"): ("ssm.cn-north-1.amazonaws.com.cn", "ssm.cn-north-1.api.amazonwebservices.com.cn"),
    ("secretsmanager", "eusc-de-east-1"): ("secretsmanager.eusc-de-east-1.amazonaws.eu",
                                           "secretsmanager.eusc-de-east-1.api.amazonwebservices.eu"),
    ("secretsmanager", "us-gov-west-1"): ("secretsmanager.us-gov-west-1.amazonaws.com", "secretsmanager.us-gov-west-1.api.aws"),
}


class Names(support.WithService):
    def setUp(self):
        super().setUp()
        self.routes(False)
        self.endpoints = Endpoints(self.imds)

    def routes(self, ipv6_only):
        patch = mock.patch.object(endpoints, "ipv6_only", lambda: ipv6_only)
        patch.start()
        self.addCleanup(patch.stop)

    def test_every_partition_has_its_domain_although_the_metadata_service_does_not_tell(self):
        for (service, region), (name, _) in NAMES.items():
            self.assertEqual(name, Endpoints(self.imds).host(service, region))

    def test_a_machine_without_ipv4_asks_by_dual_stack_names(self):
        self.routes(True)
        for (service, region), (_, name) in NAMES.items():
            self.assertEqual(name, Endpoints(self.imds).host(service, region))

    def test_the_setting_of_the_sdks_beats_the_routes(self):
        self.set_environment(AWS_USE_DUALSTACK_ENDPOINT="true")
        self.assertEqual("s3.dualstack.us-east-1.amazonaws.com", self.endpoints.host("s3", "us-east-1"))
        self.routes(True)
        self.set_environment(AWS_USE_DUALSTACK_ENDPOINT="false")
        self.assertEqual("s3.us-east-1.amazonaws.com", self.endpoints.host("s3", "us-east-1"))

    def test_a_partition_that_is_new_is_known_by_the_metadata_service(self):
        self.fake.answers["meta-data/services/domain"] = (200, "amazonaws.moon\n")
        self.assertEqual("s3.moon-dark-1.amazonaws.moon", self.endpoints.host("s3", "moon-dark-1"))
        # Its dual-stack domain is not known.
        self.routes(True)
        self.assertEqual("s3.dualstack.moon-dark-1.amazonaws.moon", self.endpoints.host("s3", "moon-dark-1"))
        self.assertEqual("ssm.moon-dark-1.amazonaws.moon", self.endpoints.host("ssm", "moon-dark-1"))
        self.assertEqual(1, self.fake.asked.count("meta-data/services/domain"))

    def test_an_answer_that_is_no_domain_is_none(self):
        self.fake.answers["meta-data/services/domain"] = (200, "<html>log in</html>")
        self.assertEqual("s3.us-east-1.amazonaws.com", self.endpoints.host("s3", "us-east-1"))

    def test_a_service_that_did_not_answer_is_asked_again_after_a_while(self):
        self.fake.answers["meta-data/services/domain"] = (500, "")
        for _ in range(3):
            self.assertEqual("s3.us-east-1.amazonaws.com", self.endpoints.host("s3", "us-east-1"))
        self.assertEqual(1, self.fake.asked.count("meta-data/services/domain"))
        self.fake.answers["meta-data/services/domain"] = (200, "amazonaws.moon")
        with mock.patch.object(endpoints.time, "monotonic", lambda: 1e9):
            self.assertEqual("s3.us-east-1.amazonaws.moon", self.endpoints.host("s3", "us-east-1"))


class Addresses(support.WithService):
    """Where the metadata service is asked, with servers of this test in place of both addresses."""

    def setUp(self):
        super().setUp()
        self.set_environment(AWS_EC2_METADATA_SERVICE_ENDPOINT="")
        self.fake.answers["meta-data/instance-id"] = (200, "i-0123456789abcdef0")
        self.replace("ipv6_only", lambda: False)

    def replace(self, name, value):
        patch = mock.patch.object(imds, name, value)
        patch.start()
        self.addCleanup(patch.stop)

    def test_ipv6_is_asked_if_ipv4_does_not_answer_and_then_alone(self):
        self.replace("ADDRESSES", ("http://127.0.0.1:9", self.fake.url))
        service = imds.Imds()
        self.assertEqual("ok", service.get("meta-data/instance-id").status)
        self.assertEqual([self.fake.url], service._addresses)

    def test_neither_answering_is_unreachable(self):
        self.replace("ADDRESSES", ("http://127.0.0.1:9", "http://127.0.0.1:9"))
        self.assertEqual("unreachable", imds.Imds().get("meta-data/instance-id").status)

    def test_the_address_that_answered_is_not_left_for_the_other(self):
        self.replace("ADDRESSES", (self.fake.url, "http://127.0.0.1:9"))
        service = imds.Imds()
        self.assertEqual("none", service.get("meta-data/nothing").status)
        self.assertEqual([self.fake.url], service._addresses)

    def test_a_machine_without_ipv4_asks_ipv6_first(self):
        self.assertEqual(imds.ADDRESSES, tuple(imds.Imds()._addresses))
        self.replace("ipv6_only", lambda: True)
        self.assertEqual(imds.ADDRESSES[::-1], tuple(imds.Imds()._addresses))

    def test_the_mode_of_the_sdks_names_one(self):
        self.set_environment(AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE="IPv6")
        self.assertEqual(["http://[fd00:ec2::254]"], imds.Imds()._addresses)
