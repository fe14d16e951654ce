"""Boots the machine whose root is given, runs the checks on it one after the other, and prints a line for each."""
import sys
import time
import traceback

import checks
from cloud import Cloud
from guarded import install
from machine import Machine


def passes(check, machine, cloud):
    started = time.monotonic()
    try:
        check(machine, cloud)
    except Exception:
        print("FAILED  %s" % check.__name__, flush=True)
        traceback.print_exc()
        print(machine.guard_log(), file=sys.stderr)
        return False
    print("ok      %s (%.1f s)" % (check.__name__, time.monotonic() - started), flush=True)
    return True


def main(root, *names):
    chosen = [check for check in checks.ALL if not names or check.__name__ in names]
    cloud = Cloud.at_its_own_address()
    machine = Machine(root, {"AWS_ENDPOINT_URL_S3": cloud.s3.url})
    install(machine)
    passed = 0
    try:
        for check in chosen:
            if not machine.is_on():
                machine.boot()
            passed += passes(check, machine, cloud)
    finally:
        machine.cut_power()
    print("%d passed, %d failed" % (passed, len(chosen) - passed))
    return passed < len(chosen)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
