import unittest
from unittest import mock

import support  # noqa: F401
from runctl_guard.system import routes

HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
IPV4 = HEAD + "ens5\t00000000\t010A000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\nens5\t000A000A\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
# An instance without IPv4 may have a way to link-local addresses all the same.
LINK_LOCAL = HEAD + "ens5\t0000FEA9\t00000000\t0001\t0\t0\t100\t0000FFFF\t0\t0\t0\n"
IPV6 = ("00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 "
        "00000064 00000001 00000000 00000003     ens5\n")
# The kernel refuses by it what has no way.
REFUSED = ("00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 "
           "ffffffff 00000001 00000000 00200200       lo\n")


class Routes(unittest.TestCase):
    def test_a_machine_is_without_ipv4_if_only_ipv6_leads_out(self):
        for ipv4, ipv6, expected in ((IPV4, IPV6, False), (IPV4, "", False), (LINK_LOCAL, IPV6, True), ("", IPV6, True),
                                     (LINK_LOCAL, REFUSED, False), ("", "", False), (HEAD, REFUSED + IPV6, True)):
            with mock.patch.object(routes, "_read", {"/proc/net/route": ipv4, "/proc/net/ipv6_route": ipv6}.get):
                self.assertEqual(expected, routes.ipv6_only(), (ipv4, ipv6))

    def test_the_routes_of_this_machine_can_be_read(self):
        self.assertIn(routes.ipv6_only(), (True, False))
