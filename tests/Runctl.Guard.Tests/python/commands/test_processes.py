import base64
import gzip
import json
import os
import time
from unittest import mock

import live
import support  # noqa: F401


class Usage(live.LiveTest):
    def nvidia_smi(self, text):
        folder = os.path.join(self.root, "usr/local/bin")
        os.makedirs(folder)
        path = os.path.join(folder, "nvidia-smi")
        with open(path, "w") as file:
            file.write("#!/bin/sh\n" + text)
        os.chmod(path, 0o755)
        self.set_environment(PATH=folder + ":" + os.environ["PATH"])

    def list(self, runs, **options):
        from runctl_guard.commands.processes import process_list
        return process_list(runs, options.get("detailed", True), options.get("packed", False))

    def trained(self, text="import time\nend = time.time() + 60\nwhile time.time() < end: pass\n"):
        run = self.new_run(text)
        self.start_training(run)
        return run

    def test_a_busy_process_shows_its_processor_and_memory(self):
        run = self.trained()
        found = self.list([run])
        main = next(one for one in found["processes"] if one["main"])
        self.assertGreater(main["cpu_percent"], 0)
        self.assertGreater(main["memory"], 1 << 20)
        self.assertIn("train.py", main["command"])
        self.assertIsNone(main["gpu_memory"])
        self.assertEqual((1, os.cpu_count()), (found["active"], found["cpus"]))
        self.assertGreater(found["memory"]["total"], found["memory"]["available"])
        self.assertGreater(found["disks"][0]["size"], 0)
        self.assertIsNone(found["gpus"])

    def test_gpus_are_as_nvidia_smi_tells_them_and_unknown_is_null(self):
        run = self.trained()
        pid = run.training()["pid"]
        self.nvidia_smi("""case "$1" in
          *query-gpu*) printf '0, Tesla T4, 45, 1024, 15360, 67\\n1, NVIDIA A10G, [N/A], [Not Supported], 23028, 30\\n' ;;
          *) printf '%d, 512\\n%d, 256\\n' ;;
        esac
        """ % (pid, pid))
        found = self.list([run])
        self.assertEqual([{"index": 0, "name": "Tesla T4", "utilization": 45.0, "memory_used": 1 << 30,
                           "memory_total": 15360 << 20, "temperature": 67.0},
                          {"index": 1, "name": "NVIDIA A10G", "utilization": None, "memory_used": None,
                           "memory_total": 23028 << 20, "temperature": 30.0}], found["gpus"])
        self.assertEqual(768 << 20, next(one for one in found["processes"] if one["main"])["gpu_memory"])

    def test_nvidia_smi_that_fails_or_hangs_holds_up_nobody(self):
        run = self.new_run()
        self.nvidia_smi("echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18\n")
        self.assertIsNone(self.list([run])["gpus"])
        with open(os.path.join(self.root, "usr/local/bin/nvidia-smi"), "w") as file:
            file.write("#!/bin/sh\ntrap '' TERM\nsleep 600\n")
        with mock.patch("runctl_guard.system.gpus.GPU_SECONDS", 0.2):
            began = time.monotonic()
            self.assertIsNone(self.list([run])["gpus"])
            self.assertLess(time.monotonic() - began, 30)

    def test_events_of_interruptions_are_told_and_no_others(self):
        run = self.new_run()
        run.emit("CheckpointSaved", "periodic")
        run.emit("RebalanceRecommended", "rebalance")
        run.emit("InterruptionDetected", "detected", 0.1)
        run.update(state="interrupted")
        found = self.list([run])
        self.assertEqual(["rebalance", "detected"], [event["message"] for event in found["events"]])
        self.assertEqual((0, []), (found["active"], found["processes"]))

    def test_however_many_processes_the_answer_fits(self):
        run = self.new_run()
        fake = [dict(pid=number, command=os.urandom(120).hex()) for number in range(500)]
        from runctl_guard.commands.processes import MOST, _pack
        packed = _pack({"schema": 1, "processes": fake})
        self.assertLessEqual(len(packed["packed"]), MOST)
        value = json.loads(gzip.decompress(base64.b64decode(packed["packed"])).decode())
        self.assertEqual(500, value["omitted"] + len(value["processes"]))
        self.assertGreater(len(value["processes"]), 20)
        self.assertIn("packed", self.list([run], packed=True))
