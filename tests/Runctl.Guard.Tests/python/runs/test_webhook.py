import http.server
import json
import threading

import live
import support
from runctl_guard.aws.session import Session
from runctl_guard.commands import interrupt
from runctl_guard.runs import webhook


class Webhook:
    """Keeps what was posted. `status` is answered; None never answers."""

    def __init__(self):
        self.posts, self.status, self.tries, self.over = [], 200, 0, threading.Event()
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                data = self.rfile.read(int(self.headers["Content-Length"]))
                hook.tries += 1
                if hook.status is None:
                    hook.over.wait(30)
                    return
                if hook.status == 200:
                    hook.posts.append(json.loads(data.decode()))
                self.send_response(hook.status)
                self.end_headers()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d/services/T0/hunter2" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


class Alerting(live.LiveTest):
    def setUp(self):
        super().setUp()
        self.hook = Webhook()
        self.addCleanup(self.hook.close)
        self.addCleanup(setattr, webhook, "RETRY_SECONDS", webhook.RETRY_SECONDS)
        webhook.RETRY_SECONDS = 0.1

    def alerting_run(self, text="", url=None, **more):
        run = self.new_run(text, alerts=dict({"webhook_url": url or self.hook.url}, **more))
        run.update(state="running")
        return run

    def detect(self, run):
        run.emit("InterruptionDetected", "Spot interruption detected for instance i-1!\nHandling ...", 0.0,
                 deadline="2026-01-31T12:02:00Z", action="terminate", source="imds")

    def look(self, run):
        webhook.Webhook(run, Session()).look()

    def kinds(self):
        return [post["kind"] for post in self.hook.posts]

    def warnings(self, run):
        return [event["message"] for event in run.events() if event["data"].get("id") == "AlertFailed"]

    def test_detection_and_outcome_are_told_and_nothing_else(self):
        run = self.alerting_run()
        run.emit("TrainingStarted", "started")
        self.detect(run)
        run.emit("InterruptionHandled", "Interruption handled in 3.0 s: uploaded", 3.0, outcome="uploaded", exit_code=0,
                 last_step=7, checkpoint={"name": "epoch_7.pt", "step": 7, "manifest": "s3://b/k"})
        self.look(run)
        self.assertEqual(["InterruptionDetected", "InterruptionHandled"], self.kinds())
        first, last = self.hook.posts
        self.assertEqual("project (%s): Spot interruption detected for instance i-1!, until 2026-01-31T12:02:00Z" % run.id,
                         first["text"])
        self.assertEqual((run.id, run.state["instance_id"], 1), tuple(first[name] for name in ("run_id", "instance_id", "attempt")))
        self.assertEqual(("uploaded", "epoch_7.pt", 7), (last["outcome"], last["checkpoint"]["name"], last["last_step"]))

    def test_only_what_is_chosen_is_told(self):
        run = self.alerting_run(on=["TrainingFailed"])
        self.detect(run)
        run.emit("TrainingFailed", "Training failed with exit code 1", exit_code=1)
        self.look(run)
        self.assertEqual(["TrainingFailed"], self.kinds())

    def test_each_is_told_once_by_whoever_comes_first(self):
        run = self.alerting_run()
        self.detect(run)
        actors = [threading.Thread(target=self.look, args=(run,)) for _ in range(4)]
        for actor in actors:
            actor.start()
        for actor in actors:
            actor.join(30)
        self.look(run)
        self.assertEqual(["InterruptionDetected"], self.kinds())
        self.assertEqual([], webhook.pending(run))

    def test_a_failure_is_tried_again_a_little_and_told_once_without_the_address(self):
        self.hook.status = 500
        run = self.alerting_run()
        self.detect(run)
        run.emit("InterruptionHandled", "handled", outcome="saved")
        self.look(run)
        self.assertEqual(2 * webhook.ATTEMPTS, self.hook.tries)
        self.assertEqual(["The webhook did not take the alert InterruptionDetected: HTTP 500"], self.warnings(run))
        self.assertEqual([], webhook.pending(run))
        for name in ("events.jsonl", "state.json", "alerted.json"):
            with open(run.file(name)) as file:
                self.assertNotIn("hunter2", file.read().replace(run.spec["alerts"]["webhook_url"], ""))

    def test_one_failed_try_is_not_the_last_word(self):
        self.hook.status = 503
        run = self.alerting_run()
        self.detect(run)
        looking = threading.Thread(target=self.look, args=(run,))
        looking.start()
        support.eventually(lambda: self.hook.tries)
        self.hook.status = 200
        looking.join(30)
        self.assertEqual((["InterruptionDetected"], []), (self.kinds(), self.warnings(run)))

    def test_an_address_where_nobody_is_is_told(self):
        run = self.alerting_run(url="http://127.0.0.1:9/hunter2")
        self.detect(run)
        self.look(run)
        self.assertEqual(["The webhook did not take the alert InterruptionDetected: ConnectionRefusedError"], self.warnings(run))

    def test_an_address_that_can_not_be_read_is_told_before_it_is_needed(self):
        # Nobody answers there: neither Parameter Store nor anybody else.
        self.set_environment(AWS_ENDPOINT_URL="http://127.0.0.1:9")
        from runctl_guard.aws import secrets
        attempts, secrets.ATTEMPTS = secrets.ATTEMPTS, 1
        self.addCleanup(setattr, secrets, "ATTEMPTS", attempts)
        run = self.alerting_run(url="ssm:/hook")
        self.look(run)
        self.assertEqual(1, len(self.warnings(run)))
        self.assertIn("ssm:/hook", self.warnings(run)[0])

    def test_a_webhook_that_never_answers_does_not_delay_the_sequence(self):
        self.hook.status = None
        run = self.alerting_run(live.SAVES)
        self.start_training(run)
        support.eventually(lambda: "ready" in self.log(run))
        done = []
        # No guard is alive: the command runs the sequence, and tells of it beside.
        calling = threading.Thread(target=lambda: done.append(interrupt.interrupt(run, "interruption", None, None, True)), daemon=True)
        calling.start()
        support.eventually(lambda: run.state["state"] == "interrupted")
        # Nobody gave up on it yet: it was the first try that was under way all the time.
        self.assertLessEqual(self.hook.tries, 1)
        self.hook.over.set()
        self.hook.status = 200
        calling.join(60)
        self.assertEqual("InterruptionHandled", done[0]["kind"])

    def test_an_interruption_that_no_guard_lives_to_see_is_told_once_all_the_same(self):
        run = self.alerting_run(live.SAVES)
        self.start_training(run)
        support.eventually(lambda: "ready" in self.log(run))
        interrupt.interrupt(run, "interruption", None, None, True)
        self.assertEqual(["InterruptionDetected", "InterruptionHandled"], self.kinds())
        self.look(run)
        self.assertEqual(2, len(self.hook.posts))

    def test_a_drill_says_that_it_is_one(self):
        run = self.alerting_run()
        from runctl_guard.runs.journal import Journal
        Journal(run).write("begin", source="drill", time=None)
        self.detect(run)
        self.look(run)
        self.assertTrue(self.hook.posts[0]["text"].startswith("[drill] "))
