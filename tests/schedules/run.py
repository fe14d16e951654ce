#!/usr/bin/env python3
"""Random schedules of trainings, interruptions and faults, played with real guards and judged by what the training noted itself.

    tests/schedules/run.sh --seeds 1000 --first 1 --jobs 8     many; the failing seeds are printed, with what they violated
    tests/schedules/run.sh --seed 77 --keep                    one, with its script, its story and what it left, in a folder
    tests/schedules/run.sh --script FILE                       a script as --seed prints it, changed by hand
    tests/schedules/run.sh --mutant settle --seeds 20          with a guard that is broken on purpose: seeds have to fail

--jobs is how many are played at the same time; most of a schedule is waiting, so several a core. Needs Linux and Python 3; as root it
also fills disks. A schedule takes 20 to 60 s and 2 to 4 s of processor. S3 and the metadata service are stand-ins on loopback.
"""
import argparse
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)
from schedule import parse, schedule_of, script  # noqa: E402

# A bound for hangs only.
LONGEST_SECONDS = 900
# Seconds that a machine may be late in all before a violation is looked at once more.
MOST_LAG = 3.0


def play_one(text, folder, program):
    """In a process of its own: prints the result as one line of JSON."""
    import resource
    from oracle import Oracle
    from place import own_mounts
    from play import Play, Stuck
    disks = own_mounts()
    # Told to end, it still takes its instances away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    schedule = parse(text)
    os.makedirs(folder, exist_ok=True)
    play, violations, required, stuck = Play(schedule, folder, program, disks), [], 0, None
    try:
        try:
            play.run()
        except Stuck as error:
            stuck = error
        oracle = Oracle(play)
        violations += oracle.judge()
        # A save that is documented as lost does not start; what comes after it cannot be judged.
        if stuck and not (stuck.manifest and "/" + stuck.manifest[len("s3:/"):].lstrip("/") in oracle.excused):
            violations.insert(0, "(stuck) %s" % stuck)
        required = oracle.required
    except Exception:
        violations.append("(executor) " + traceback.format_exc())
    cpu = play.processor + sum(sum(resource.getrusage(one)[:2]) for one in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    with open(os.path.join(folder, "violations.txt"), "w") as file:
        file.write("\n".join(violations) + "\n")
    with open(os.path.join(folder, "script.txt"), "w") as file:
        file.write(text)
    print(json.dumps({"violations": violations, "required": required, "lives": len(schedule.lives), "cpu": round(cpu, 2),
                      "lag": round(sum(late for _, late in play.lag.seen), 1)}))


class Runner:
    def __init__(self, folder, program):
        self.folder, self.program = folder, program
        self.lock = threading.Lock()

    def play(self, name, text):
        folder = os.path.join(self.folder, str(name))
        os.makedirs(folder)
        path = os.path.join(folder, "given.txt")
        with open(path, "w") as file:
            file.write(text)
        done = subprocess.run([sys.executable, "-B", os.path.join(HERE, "run.py"), "--play", path, "--into", folder, "--program",
                               self.program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              universal_newlines=True, timeout=LONGEST_SECONDS)
        try:
            return json.loads(done.stdout.splitlines()[-1])
        except (ValueError, IndexError):
            return {"violations": ["(executor) %s" % (done.stdout + done.stderr)[-2000:]], "required": 0, "lives": 0, "cpu": 0, "lag": 0}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=25, help="how many")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=4 * (os.cpu_count() or 1), help="how many at the same time")
    parser.add_argument("--seed", type=int, nargs="+", help="only these")
    parser.add_argument("--script", metavar="FILE", help="a script instead of a seed")
    parser.add_argument("--keep", action="store_true", help="the folders stay; those of failing seeds always do")
    parser.add_argument("--print", action="store_true", help="only print the script")
    parser.add_argument("--mutant", help="a name in mutants.py")
    parser.add_argument("--play", help=argparse.SUPPRESS)
    parser.add_argument("--into", help=argparse.SUPPRESS)
    parser.add_argument("--program", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.play:
        with open(options.play) as file:
            play_one(file.read(), options.into, options.program)
        return 0
    if options.script:
        with open(options.script) as file:
            chosen = [("script", file.read())]
    else:
        seeds = options.seed or range(options.first, options.first + options.seeds)
        chosen = [(seed, script(schedule_of(seed))) for seed in seeds]
    if options.print:
        print("\n".join(text for _, text in chosen), end="")
        return 0
    if len(chosen) == 1:
        print(chosen[0][1], end="")
    return play_all(chosen, options)


def play_all(chosen, options):
    from play import build
    folder = tempfile.mkdtemp(prefix="runctl-schedules-")
    mutant = None
    if options.mutant:
        from mutants import change
        mutant = functools.partial(change, options.mutant)
    runner = Runner(folder, build(folder, mutant))
    began, passed, failed, again, required, cpu, lag = time.monotonic(), 0, [], [], 0, 0.0, 0.0

    def judge(name, result):
        nonlocal passed, required, cpu, lag
        required, cpu, lag = required + result["required"], cpu + result["cpu"], lag + result["lag"]
        if result["violations"]:
            failed.append(name)
            print("seed %s violates, see %s:" % (name, os.path.join(folder, str(name))))
            for text in result["violations"]:
                print("    " + text)
        else:
            passed += 1
            if not options.keep:
                shutil.rmtree(os.path.join(folder, str(name)))
        sys.stdout.flush()
    with ThreadPoolExecutor(options.jobs) as pool:
        for (name, text), result in zip(chosen, pool.map(lambda one: runner.play(*one), chosen)):
            if result["violations"] and result["lag"] > MOST_LAG:
                again.append((name, text, result["lag"]))
            else:
                judge(name, result)
    for name, text, late in again:
        # A machine that is that late keeps no deadline, whatever a guard does.
        print("seed %s is played again, alone: the machine was %.0f s late" % (name, late))
        shutil.rmtree(os.path.join(folder, str(name)))
        judge(name, runner.play(name, text))
    if not failed and not options.keep:
        shutil.rmtree(folder)
    print("%.0f s, %.0f s of processor, late by %.0f s; %d lives had a save that had to be in S3" % (
        time.monotonic() - began, cpu, lag, required))
    print("%d passed, %d failed" % (passed, len(failed)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
