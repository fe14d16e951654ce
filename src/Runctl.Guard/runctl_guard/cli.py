"""The commands: one JSON line on stdout, prose on stderr, distinct exit codes."""
import argparse
import json
import os
import sys
import traceback
from typing import Any, List, NoReturn, Optional

from .commands.envelope import decode
from .errors import DEFECT, STORAGE, USAGE, GuardError
from .system import files, paths


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise GuardError("Usage", message, USAGE)


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(prog="runctl-guard", description="Guards trainings on this instance against spot interruptions.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def add(name: str, text: str, run: Optional[bool] = None) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text)
        if run is not None:
            command.add_argument("--run", required=run)
        return command

    for name, text in (("run", "start a training"), ("attach", "guard a process that is there already")):
        add(name, text).add_argument("--spec", required=True, help="-, a file, or s3://bucket/{run_prefix}/orders/{run}/1/spec.json")
    add("check", "try what a training will need").add_argument("--spec", required=True)
    command = add("status", "guard, runs and newest events", False)
    command.add_argument("--events", type=int, default=0)
    command.add_argument("--after", type=int)
    command.add_argument("--max-bytes", type=int, default=2400)
    command = add("events", "events in order", True)
    command.add_argument("--after", type=int, default=0)
    command.add_argument("--max-bytes", type=int, default=20000)
    command = add("log", "the training's output", True)
    command.add_argument("--offset", type=int, default=0)
    command.add_argument("--attempt", type=int)
    command.add_argument("--tail", type=int)
    command.add_argument("--since", type=float)
    command.add_argument("--max-bytes", type=int, default=15000)
    command = add("processes", "processes of the training", False)
    command.add_argument("--detailed", action="store_true", help="the machine and its interruptions too")
    command.add_argument("--packed", action="store_true")
    command = add("interrupt", "run the sequence now", True)
    command.add_argument("--deadline")
    command.add_argument("--reason", choices=["interruption", "manual"], default="interruption")
    command.add_argument("--source", choices=["manual", "monitor"], default="manual")
    command.add_argument("--action", default="terminate")
    add("drill", "as if a notice had come", True).add_argument("--window", type=float, default=120.0)
    command = add("stop", "save and stop", True)
    command.add_argument("--grace", type=float)
    command.add_argument("--no-wait", action="store_true")
    add("upload", "upload the newest checkpoint now", True).add_argument("--name")
    command = add("restore", "download a checkpoint")
    command.add_argument("--manifest", required=True)
    command.add_argument("--into", required=True)
    add("repair", "start the guard where none is alive, then status")
    for name in ("guard", "keeper"):
        add(name, argparse.SUPPRESS)
    for name in ("prepare", "reaper"):
        add(name, argparse.SUPPRESS, True)
    return parser


def main(program: str, argv: List[str]) -> int:
    """`program` is the archive, or the source folder, that this process was started from."""
    paths.set_program(program)
    stdin: Any = None
    try:
        if len(argv) == 1 and argv[0].startswith("@"):
            argv, stdin = decode(argv[0])
        options = build_parser().parse_args(argv)
        if not options.command:
            raise GuardError("Usage", "Which command? See --help.", USAGE)
        os.umask(0o022)
        answer = dispatch(options, stdin)
        if isinstance(answer, int):
            return answer
        _print(answer)
        return 0
    except GuardError as error:
        print(error.message, file=sys.stderr)
        _print(error.as_json())
        return error.exit_code
    except OSError as error:
        traceback.print_exc()
        _print(GuardError("DiskFailed", str(error), STORAGE, error.filename).as_json())
        return STORAGE
    except Exception as error:
        traceback.print_exc()
        _print(GuardError("Defect", "%s: %s" % (type(error).__name__, error), DEFECT).as_json())
        return DEFECT


def _print(value: Any) -> None:
    sys.stdout.buffer.write(files.to_line(value))
    sys.stdout.buffer.flush()


def dispatch(options: argparse.Namespace, stdin: Any) -> Any:
    """Imports only what the command needs: `status` is called every few seconds, the keeper stays for days."""
    name = options.command
    if name == "keeper":
        from .service import keeper
        return keeper.keep()
    if name == "guard":
        from .guard import daemon
        return daemon.main()
    if name == "reaper":
        from .training import reaper
        return reaper.main(options.run, _unit_stopped)
    if name == "prepare":
        from .training import starter
        return starter.main(options.run)
    if name in ("run", "attach"):
        from .commands.attach import attach
        from .commands.run import start
        files.make_folder(paths.runs())
        spec = read_spec(options.spec, stdin)
        return start(spec) if name == "run" else attach(spec)
    if name == "check":
        from .commands.check import check
        return check(read_spec(options.spec, stdin))
    return query(options)


def _unit_stopped(run: Any) -> None:
    """Imports the sequence when it is needed: a reaper lives for days, and most see no stop."""
    from .commands.interrupt import unit_stopped
    unit_stopped(run)


def query(options: argparse.Namespace) -> Any:
    from .runs.registry import all_runs, find_run
    name = options.command
    if name == "repair":
        from .commands.repair import repair
        return repair()
    if name == "status":
        from .commands.status import status
        run = find_run(options.run) if options.run else None
        return status(run, options.events, options.after, options.max_bytes)
    if name == "processes":
        from .commands.processes import process_list
        runs = [find_run(options.run)] if options.run else all_runs()
        return process_list(runs, options.detailed, options.packed)
    if name == "restore":
        from .commands.restore import restore_into
        return restore_into(options.manifest, options.into)
    return query_run(options, find_run(options.run))


def query_run(options: argparse.Namespace, run: Any) -> Any:
    name = options.command
    if name == "events":
        from .commands.events import events
        return events(run, options.after, options.max_bytes)
    if name == "log":
        from .commands.log import log
        return log(run, options)
    if name == "upload":
        from .commands.upload import upload
        return upload(run, options.name)
    if name == "drill":
        from .commands.drill import drill
        return drill(run, options.window)
    if name == "stop":
        from .commands.stop import stop
        return stop(run, options.grace, not options.no_wait)
    from .commands.interrupt import interrupt
    return interrupt(run, options.reason, options.deadline, None, True, options.source, options.action)


def read_spec(source: str, stdin: Any) -> Any:
    """From standard input or the envelope (-), a file, or S3."""
    if source == "-" and stdin is not None:
        return stdin
    if source.startswith("s3://"):
        return read_orders(source)
    if source == "-":
        text = sys.stdin.buffer.read()
    else:
        with files.opened(source) as file:
            text = file.read()
    return _parsed(text)


def read_orders(uri: str) -> Any:
    """A spec from S3, which counts only below the orders of its run."""
    from .aws.s3 import parse_uri
    from .aws.session import Session
    from .runs.spec import check_place
    at = parse_uri(uri)
    spec = _parsed(Session().s3().get(at).body)
    check_place(spec, at)
    return spec


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text.decode("utf-8"))
    except ValueError as error:
        raise GuardError("BadSpec", "The spec is not JSON: %s" % error)
