
import support
from runctl_guard.runs.journal import Journal
from runctl_guard.system import files


class Journals(support.RootedTest):
    def test_a_line_torn_by_a_crash_spoils_only_itself(self):
        run = self.new_run()
        Journal(run).write("begin", reason="manual")
        with open(run.file("journal.jsonl"), "ab") as file:
            file.write(b'{"phase": "sig')
        Journal(run).write("exited")
        self.assertEqual(["begin", "exited"], [one["phase"] for one in files.read_lines(run.file("journal.jsonl"))])

    def test_an_earlier_attempt_says_nothing_about_this_one(self):
        run = self.new_run()
        Journal(run).write("done")
        run.update(attempt=2)
        self.assertFalse(Journal(run).done)
