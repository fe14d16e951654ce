import os
import shutil
import subprocess
import sys
import time
import unittest
import uuid

import live
import support
from runctl_guard.commands import attach
from runctl_guard.errors import GuardError


class Attaching(live.LiveTest):
    def setUp(self):
        super().setUp()
        # No other process of this machine has it in its command line.
        self.mark = uuid.uuid4().hex
        self.here = os.path.join(self.root, "work")
        os.mkdir(self.here)
        from runctl_guard.service import guard_process
        for module, name in ((attach, "ensure_guard"), (attach, "wake_guard")):
            self.addCleanup(setattr, module, name, getattr(guard_process, name))
            setattr(module, name, lambda: None)

    def spawn(self, *more, uid=None):
        process = subprocess.Popen([sys.executable, "-c", "import time; print(flush=True); time.sleep(60)", self.mark] + list(more),
                                   cwd=self.here, stdout=subprocess.PIPE,
                                   preexec_fn=(lambda: os.setuid(uid)) if uid is not None else None)
        process.stdout.readline()
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        return process

    def find(self, **target):
        return attach.find_target(self.spec(target=target)).pid

    def refused(self, id, **target):
        with self.assertRaises(GuardError) as caught:
            self.find(**target)
        self.assertEqual(id, caught.exception.id)
        return caught.exception.message

    def test_a_wildcard_means_the_name_or_the_whole_command_line_in_any_case(self):
        process = self.spawn("--Epochs")
        self.assertEqual(process.pid, self.find(pattern="*%s --epochs" % self.mark.upper()))
        self.refused("ProcessNotFound", pattern=self.mark)

    def test_a_name_alone_matches_the_program_wherever_it_lies(self):
        program = os.path.join(self.here, "t" + self.mark[:10])
        shutil.copy(shutil.which("sleep"), program)
        process = subprocess.Popen([program, "60"])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        support.eventually(lambda: "sleep" not in os.readlink("/proc/%d/exe" % process.pid))
        self.assertEqual(process.pid, self.find(pattern="t" + self.mark[:10]))

    def test_several_that_match_are_listed_without_their_arguments_and_none_is_chosen(self):
        pids = [self.spawn(word).pid for word in ("one", "two")]
        message = self.refused("AmbiguousProcess", pattern="*%s*" % self.mark)
        for pid in pids:
            self.assertRegex(message, r"(?m)^%d \S+ python3\S* in \S+/work, running for \d+ s$" % pid)
        self.assertNotIn(self.mark, message.replace("*%s*" % self.mark, ""))

    def test_the_command_that_asks_never_finds_itself_nor_who_runs_it(self):
        code = ("import sys; sys.path.insert(0, %r); from runctl_guard.commands import attach\n"
                "try: print(attach.find_target({'target': {'pattern': '*%s*', 'any_user': True}}))\n"
                "except attach.GuardError as error: print(error.id)") % (support.PROGRAM, self.mark)
        done = subprocess.run(["/bin/sh", "-c", '"$0" -c "$1" %s; true %s' % (self.mark, self.mark), sys.executable, code],
                              stdout=subprocess.PIPE, universal_newlines=True)
        self.assertEqual("ProcessNotFound\n", done.stdout)

    @unittest.skipUnless(os.geteuid() == 0, "only root starts processes of others")
    def test_a_process_of_another_user_is_taken_only_where_that_is_asked_for(self):
        other = self.spawn(uid=65534).pid
        self.assertIn(str(other), self.refused("ProcessOfOther", pattern="*%s*" % self.mark))
        self.assertEqual(other, self.find(pattern="*%s*" % self.mark, any_user=True))
        mine = self.spawn().pid
        self.assertEqual(mine, self.find(pattern="*%s*" % self.mark))
        # Its id was given by hand: that is asking for it.
        self.assertEqual(other, self.find(pid=other))
        self.pid_file(other)
        self.refused("ProcessOfOther", pid_file="/work/pid")

    def pid_file(self, text, age=0.0):
        path = os.path.join(self.here, "pid")
        with open(path, "w") as file:
            file.write("%s\n" % text)
        os.utime(path, (time.time() - age,) * 2)

    def test_a_pid_file_is_read_in_the_instances_root(self):
        process = self.spawn()
        self.pid_file(process.pid)
        self.assertEqual(process.pid, self.find(pid_file="/work/pid"))

    def test_a_pid_file_that_is_older_than_its_process_means_another_one(self):
        self.pid_file(self.spawn().pid, age=3600)
        self.assertIn("older", self.refused("ProcessNotFound", pid_file="/work/pid"))

    def test_bad_pid_files_are_refused(self):
        self.refused("ProcessNotFound", pid_file="/work/pid")
        for text in ("", "x", str(2 ** 22 + 1)):
            self.pid_file(text)
            self.refused("ProcessNotFound", pid_file="/work/pid")

    def test_what_keeps_the_machine_running_is_no_training(self):
        for pid in (1, os.getpid(), os.getppid()):
            self.refused("ProcessRefused", pid=pid)

    def test_programs_of_ours_are_no_trainings(self):
        guard = os.path.join(self.root, "var/lib/runctl/guard/abc.pyz")
        self.refused("ProcessRefused", pid=self.spawn(guard).pid)
        self.refused("ProcessNotFound", pattern="*%s*" % self.mark)

    def test_the_run_tells_the_script_and_never_its_arguments(self):
        with open(os.path.join(self.here, "mine.py"), "w") as file:
            file.write("import time; print(flush=True); time.sleep(60)")
        process = subprocess.Popen([sys.executable, "-u", "mine.py", "--key", "hunter2"], cwd=self.here, stdout=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        process.stdout.readline()
        run = self.attached(process.pid)
        self.assertEqual("mine.py", run.spec["script"])
        for name in os.listdir(run.directory):
            with open(run.file(name), "rb") as file:
                self.assertNotIn(b"hunter2", file.read(), name)

    def attached(self, pid, run_id="own-20260131-120000-abcdef", **more):
        from runctl_guard.runs.run import Run
        state = attach.attach(self.spec(run_id=run_id, target={"pid": pid}, attempt={"number": 1, "nonce": run_id}, **more))
        return Run(state["run_id"])

    def test_attaching_twice_gives_the_run_there_is(self):
        pid = self.spawn().pid
        first = self.attached(pid)
        self.assertEqual(first.id, self.attached(pid, "own-20260131-120001-abcdef").id)
        self.assertEqual(1, len([event for event in first.events() if event["kind"] == "TrainingStarted"]))

    def test_a_process_is_known_again_whatever_it_does_at_that_moment(self):
        process = self.spawn()
        first = self.attached(process.pid)
        self.addCleanup(setattr, attach, "find_target", attach.find_target)
        attach.find_target = lambda spec, find=attach.find_target: find(spec)._replace(state="R", parent=1)
        self.assertEqual(first.id, self.attached(process.pid, "own-20260131-120001-abcdef").id)

    def test_a_training_that_is_guarded_already_is_refused(self):
        run = self.new_run("import time\ntime.sleep(60)")
        training = self.start_training(run)
        with self.assertRaises(GuardError) as caught:
            self.attached(training["pid"])
        self.assertEqual(("ProcessGuarded", run.id), (caught.exception.id, caught.exception.target))

    def test_a_checkpoint_directory_that_is_not_there_is_told(self):
        run = self.attached(self.spawn().pid)
        self.assertEqual(["CheckpointDirectoryMissing"],
                         [event["data"]["id"] for event in run.events() if event["kind"] == "Warning"])

    def test_the_record_is_written_where_there_is_a_bucket_and_the_spec_is_not(self):
        s3 = support.FakeS3()
        self.addCleanup(s3.close)
        self.set_environment(AWS_ENDPOINT_URL=s3.url)
        os.mkdir(os.path.join(self.here, "checkpoints"))
        run = self.attached(self.spawn().pid, store={"bucket": "bucket", "prefix": "saved", "run_prefix": "runs"})
        attempt = s3.json("runs/runs/%s/run.json" % run.id)["attempts"][0]
        self.assertEqual(("running", run.id), (attempt["state"], attempt["nonce"]))
        # What the session writes to the orders of the run, the role may not write.
        self.assertEqual([], [key for key in s3.keys() if key.endswith("spec.json")])

    def test_a_bucket_that_refuses_leaves_no_run_behind(self):
        s3 = support.FakeS3()
        self.addCleanup(s3.close)
        self.set_environment(AWS_ENDPOINT_URL=s3.url)
        s3.fail = lambda method, path, query: 403
        pid = self.spawn().pid
        with self.assertRaises(GuardError):
            self.attached(pid, store={"bucket": "bucket", "prefix": "saved", "run_prefix": "runs"})
        self.assertEqual("own-20260131-120001-abcdef", self.attached(pid, "own-20260131-120001-abcdef").id)
