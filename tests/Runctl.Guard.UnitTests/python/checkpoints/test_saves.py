"""When a save begins and ends, and what runs beside it."""
import unittest

from .simulator import HDF5, NPY, RAW, ZIP, Machine, Settings, deepspeed, gan, hugging_face, in_place, safetensors


class Saves(unittest.TestCase):
    def numbers(self, machine):
        return [save.number for save in machine.seen.saves]

    def test_a_save_ends_two_seconds_after_its_last_write(self):
        machine = Machine()
        machine.write("model.pt")
        machine.pass_time(2)
        self.assertEqual([], machine.seen.saves)
        machine.pass_time(1)
        self.assertEqual([1], self.numbers(machine))

    def test_a_weight_file_open_for_writing_keeps_it_going(self):
        machine = Machine()
        machine.write("model.pt")
        machine.open.add("model.pt")
        machine.pass_time(20)
        self.assertEqual([], machine.seen.saves)
        machine.open.clear()
        machine.pass_time(1)
        self.assertEqual([], machine.seen.saves)
        machine.settle()
        self.assertEqual([1], self.numbers(machine))

    def test_a_staging_file_open_for_writing_keeps_it_going(self):
        machine = Machine()
        machine.write("model.pt")
        machine.write("optim.pt.tmp")
        machine.open.add("optim.pt.tmp")
        machine.pass_time(20)
        machine.rename("optim.pt.tmp", "optim.pt")
        machine.open.clear()
        machine.settle()
        self.assertEqual(["model.pt", "optim.pt"], machine.contents(machine.newest(), "save"))

    def test_a_directory_renamed_when_it_is_complete_is_a_checkpoint_under_its_new_name(self):
        for pause in (1, 8):
            machine = Machine()
            for number in (1, 2, 3):
                machine.write("step_%d.building/model.pt" % number, ZIP + b"%d" % number)
                machine.write("step_%d.building/optimizer.pt" % number)
                machine.pass_time(pause)
                machine.rename("step_%d.building" % number, "step_%d" % number)
                machine.pass_time(8)
                with self.subTest(pause=pause, number=number):
                    self.assertEqual(["step_%d/model.pt" % number, "step_%d/optimizer.pt" % number],
                                     machine.contents(machine.choose()))
                    self.assertEqual("step_%d" % number, machine.choose().head)

    def test_a_directory_name_that_is_used_for_every_save_before_the_rename_begins_a_new_one(self):
        machine = Machine()
        for number in (1, 2, 3):
            machine.write("_saving/model.pt")
            machine.pass_time(1)
            machine.write("_saving/optimizer.pt")
            machine.rename("_saving", "step_%d" % number)
            machine.pass_time(8)
        self.assertEqual([1, 2, 3], self.numbers(machine))

    def test_a_checkpoint_renamed_to_make_room_for_the_next_one_is_whole_under_its_new_name(self):
        machine = Machine()
        for number in (1, 2):
            machine.remove("prev")
            machine.rename("last", "prev")
            machine.write("last/model.pt")
            machine.write("last/optimizer.pt")
            machine.settle()
        machine.remove("prev")
        machine.rename("last", "prev")
        machine.write("last/model.pt")
        machine.see()
        machine.end(killed=True)
        self.assertEqual(("prev", ["prev/model.pt", "prev/optimizer.pt"]),
                         (machine.choose().head, machine.contents(machine.choose(), "save")))

    def test_a_directory_that_goes_on_after_some_of_its_files_were_deleted_is_no_error(self):
        machine = Machine()
        machine.write("step_1/shard_a.pt")
        machine.write("step_1/scratch_1.npy", NPY)
        machine.settle()
        machine.remove("step_1/scratch_1.npy")
        machine.write("step_1/optimizer.pt")
        machine.settle()
        self.assertEqual(["step_1/optimizer.pt", "step_1/shard_a.pt"], machine.contents(machine.choose()))

    def test_it_ends_at_once_when_nothing_of_the_training_is_left(self):
        machine = Machine()
        gan(machine, 1)
        machine.end()
        self.assertEqual(["netD_1.pth", "netG_1.pth"], machine.contents(machine.choose(), "save"))

    def test_saves_more_frequent_than_it_settles_end_when_a_name_is_written_again(self):
        machine = Machine()
        for number in range(10):
            in_place(machine, number)
            machine.pass_time(1.2, every=0.6)
        machine.settle()
        self.assertGreaterEqual(machine.seen.number, 9)
        self.assertEqual(["model.pt", "optim.pt"], machine.contents(machine.choose(), "save"))

    def test_a_burst_without_an_end_is_cut_after_a_minute(self):
        machine = Machine()
        for number in range(70):
            machine.write("trial_%d/model_%d.pt" % (number % 3, number))
            machine.pass_time(1)
        self.assertEqual([1], self.numbers(machine))

    def burst(self, machine, seconds, every=1.0, names=("model_%d.pt", "optim_%d.pt")):
        """Saves without a pause that looks could see; returns how the newest save that is over looked at each look."""
        found = []
        for number in range(1, int(seconds / every) + 1):
            for name in names:
                machine.write(name % number)
                machine.pass_time(every / len(names), every / len(names))
                found.append((machine.now, machine.seen.saves[-1] if machine.seen.saves else None))
        return found

    def test_of_saves_without_a_pause_whole_rounds_are_one_within_ten_seconds_and_again_every_ten(self):
        for every in (0.5, 1.0, 1.8):
            with self.subTest(every=every):
                machine = Machine()
                begun = machine.now
                found = self.burst(machine, 60, every)
                ends = sorted({now for (now, save), (_, before) in zip(found[1:], found) if save is not before})
                self.assertLessEqual(ends[0] - begun - every, 10.0)
                self.assertTrue(all(after - before <= 10.0 for before, after in zip(ends, ends[1:])), ends)
                for _, save in found:
                    if save is not None:
                        last = max(int(path[6:-3]) for path in save.files if path.startswith("model"))
                        self.assertIn("optim_%d.pt" % last, save.files)
                machine.settle()
                self.assertEqual("model_%d.pt" % int(60 / every), machine.choose().head)

    def test_a_burst_that_the_guard_is_restarted_in_is_cut_alike(self):
        machine = Machine()
        machine.restarts = True
        self.assertTrue(self.burst(machine, 12)[-1][1].cut)

    def test_a_round_whose_second_file_is_still_being_written_is_not_cut_off(self):
        machine = Machine()
        for number in range(1, 13):
            machine.write("model_%d.pt" % number)
            machine.write("optim_%d.pt" % number)
            machine.open = {"optim_%d.pt" % number} if number == 8 else machine.open
            machine.pass_time(1)
        self.assertEqual([], machine.seen.saves)
        machine.open = set()
        machine.pass_time(1)
        self.assertEqual(1, len(machine.seen.saves))

    def test_a_round_whose_second_file_comes_late_is_not_the_last_one_of_a_save(self):
        machine = Machine()
        for number in range(1, 16):
            machine.write("model_%d.pt" % number)
            if number > 8:
                machine.write("optim_%d.pt" % (number - 1))
            elif number != 8:
                machine.write("optim_%d.pt" % number)
            machine.pass_time(1)
            for save in machine.seen.saves:
                last = max(int(path[6:-3]) for path in save.files if path.startswith("model"))
                self.assertNotEqual(8, last)
        self.assertTrue(machine.seen.saves)

    def test_models_of_one_step_are_one_save_however_many_they_are(self):
        machine = Machine()
        machine.step = 7
        machine.see()
        found = self.burst(machine, 20, names=("fold_%d.pt",))
        self.assertEqual({None}, {save for _, save in found})
        machine.settle()
        self.assertEqual(20, len(machine.choose().part("save")))

    def test_saves_of_several_steps_are_several(self):
        machine = Machine()
        for number in range(1, 13):
            machine.step = 10 * number
            machine.write("epoch_%d.pt" % number)
            machine.pass_time(1)
        self.assertTrue(machine.seen.saves)

    def test_parts_of_a_large_model_are_one_save(self):
        for name in ("model-%05d-of-00020.safetensors", "consolidated.%02d.pth"):
            machine = Machine()
            found = self.burst(machine, 60, 1.0 if "of" in name else 3.0, names=(name,))
            self.assertEqual({None}, {save for _, save in found[:19]})
        machine = Machine()
        for number in range(8):
            machine.write("rank_%d.bin" % number)
            machine.open.add("rank_%d.bin" % number)
        machine.pass_time(5)
        machine.open = {"rank_7.bin"}
        machine.pass_time(6)
        self.assertEqual([], machine.seen.saves)

    def test_the_round_that_begins_the_next_save_keeps_its_first_file_however_slow_it_is(self):
        machine = Machine()
        self.burst(machine, 4.96, 0.45)
        self.assertEqual([], machine.seen.saves)
        for name in ("model_15.pt", "optim_15.pt", "sched_15.pt"):
            machine.write(name)
            machine.pass_time(1.9, 0.95)
        machine.settle()
        self.assertEqual(2, machine.seen.number)
        self.assertEqual(["model_15.pt", "optim_15.pt", "sched_15.pt"], machine.contents(machine.choose(), "save"))

    def test_the_round_that_begins_the_next_save_has_a_directory_of_its_own(self):
        machine, number = Machine(), 0
        while machine.seen.number < 2:
            number += 1
            machine.write("step_%d/model.pt" % number)
            machine.pass_time(1)
        machine.settle()
        machine.write("step_%d/optim.pt" % number)
        machine.settle()
        self.assertEqual((2, "step_%d" % number), (machine.seen.number, machine.choose().head))
        self.assertEqual(2, len(machine.choose().part("save")))

    def test_shards_of_40_gb_are_one_save_although_the_guard_is_restarted(self):
        for name in ("step_10/shard_%d.bin", "step_10/rank%d.pt", "model-%05d-of-00009.safetensors"):
            machine = Machine()
            machine.restarts = True
            for number in range(1, 9 + ("-of-" in name)):
                path = name % number
                for size in range(1, 7):
                    data = safetensors(size) if "-of-" in name else RAW * size if path.endswith("bin") else ZIP * size
                    machine.write(path, data, in_place=True)
                    machine.open = {path}
                    machine.pass_time(5)
            machine.open = set()
            machine.settle()
            with self.subTest(name):
                self.assertEqual(8 + ("-of-" in name), len(machine.choose().part("save")))

    def test_a_directory_completed_after_a_long_gather_is_one_save(self):
        machine = Machine()
        for number in (500, 1000):
            machine.write("checkpoint-%d/model.safetensors" % number, safetensors())
            machine.pass_time(30)
            machine.write("checkpoint-%d/optimizer.pt" % number)
            machine.write("checkpoint-%d/trainer_state.json" % number, b"{}")
            machine.pass_time(300)
            self.assertEqual("checkpoint-%d" % number, machine.choose().head)
            self.assertEqual(3, len(machine.choose().part("save")))

    def test_an_open_event_file_blocks_nothing_and_travels(self):
        machine = Machine()
        machine.write("exp1/events.out.tfevents.1.host", b"e" * 100)
        machine.open = {"exp1/events.out.tfevents.1.host"}
        for number in range(3):
            machine.write("exp1/last.ckpt", ZIP + b"%d" % number)
            machine.pass_time(9)
        self.assertEqual([1, 2, 3], self.numbers(machine))
        self.assertEqual(["exp1/events.out.tfevents.1.host"], machine.contents(machine.choose(), "current"))

    def test_a_file_that_stays_open_and_grows_beside_larger_saves_holds_up_none(self):
        for every in (3, 20, 60):
            machine = Machine()
            machine.write("results.h5", HDF5)
            machine.open.add("results.h5")
            for second in range(1, 400):
                if second % every == 0:
                    machine.append("results.h5", b"r" * 10)
                if second % 60 == 30:
                    machine.write("model_%d.pt" % (second // 60), ZIP * 100)
                machine.pass_time(1)
            self.assertEqual("model_6.pt", machine.choose().head)
            self.assertEqual(["model_6.pt"], machine.contents(machine.choose(), "save"))
            self.assertIn("results.h5", machine.contents(machine.choose(), "current"))

    def test_a_large_file_is_waited_for_beside_small_ones_that_come_and_go(self):
        machine = Machine()
        machine.write("model.h5", HDF5)
        machine.open.add("model.h5")
        for second in range(1, 300):
            machine.append("model.h5", b"m" * 1000)
            if second % 10 == 0:
                machine.write("losses.npy", NPY)
            machine.pass_time(1)
        self.assertIsNone(machine.choose())
        machine.open.clear()
        machine.settle()
        self.assertIn("model.h5", machine.contents(machine.choose(), "save"))

    def test_an_event_file_written_at_every_look_is_none_of_the_set_s_identity(self):
        machine = Machine()
        for second in range(60):
            machine.append("exp1/metrics.log", b"line\n")
            if second % 20 == 5:
                machine.write("exp1/last.ckpt", ZIP + b"%d" % second)
            machine.pass_time(1)
        self.assertEqual([1, 2, 3], self.numbers(machine))
        self.assertEqual(1, len(machine.choose().identity()))

    def test_an_array_mapped_for_the_whole_run_blocks_a_minute_at_most(self):
        machine = Machine()
        machine.write("replay.npy", NPY)
        machine.open = {"replay.npy"}
        machine.pass_time(1)
        for number in range(1, 13):
            machine.write("policy.pt", ZIP + b"%d" % number)
            machine.write("replay.npy", NPY, in_place=True)
            machine.pass_time(20)
        self.assertIn("policy.pt", machine.contents(machine.choose(), "save"))
        self.assertGreater(len(machine.seen.saves), 3)

    def test_metrics_alone_make_no_checkpoint(self):
        machine = Machine()
        machine.write("model.pt")
        machine.settle()
        machine.write("metrics.json", b'{"loss": 1}')
        machine.settle()
        self.assertEqual([1], self.numbers(machine))
        self.assertEqual(["metrics.json"], machine.contents(machine.choose(), "current"))

    def test_a_final_model_as_large_as_each_of_many_epochs_is_a_save(self):
        machine = Machine()
        for number in range(1, 8):
            machine.write("epoch_%d.json" % number, b'{"weights": [%s1]}' % (b"0, " * 2000))
            machine.settle()
        machine.pass_time(300)
        machine.write("final.json", b'{"weights": [%s2]}' % (b"0, " * 2000))
        machine.end()
        self.assertEqual(["final.json"], machine.contents(machine.newest(), "save"))

    def test_a_large_file_that_was_deleted_does_not_make_the_models_small(self):
        machine = Machine()
        machine.write("cache_1.bin", RAW * 100)
        machine.settle()
        machine.remove("cache_1.bin")
        machine.pass_time(300)
        for number in range(1, 3):
            machine.write("model_%d.txt" % number, b"tree\n" * 50)
            machine.settle()
        self.assertEqual("model_2.txt", machine.choose().head)

    def attempt_of_a_second(self, *files):
        model = b'{"weights": [%s1]}' % (b"0, " * 2000)
        machine = Machine(before={"epoch_7.json": model})
        machine.seen.begin(machine.look().entries, machine.now, restored=["epoch_7.json"])
        machine.now += 0.2
        for path in files:
            machine.write(path, model if path == "final.json" else b'{"lr": 0.1}')
        machine.see()
        machine.now += 1.0
        machine.end()
        return machine

    def test_a_final_model_of_an_attempt_of_a_second_is_a_save(self):
        self.assertEqual("final.json", self.attempt_of_a_second("args.json", "final.json").newest().head)

    def test_settings_of_an_attempt_of_a_second_are_none(self):
        self.assertEqual([], self.attempt_of_a_second("args.json").seen.saves)

    def test_settings_written_before_the_first_save_make_no_checkpoint(self):
        machine = Machine()
        machine.write("args.json", b'{"lr": 0.1}')
        machine.pass_time(300)
        self.assertIsNone(machine.choose())

    def test_a_heartbeat_beside_raw_models_makes_no_checkpoint(self):
        machine = Machine()
        for second in range(60):
            machine.write("progress.json", b'{"step": %d}' % second)
            machine.append("train.log", b"step\n" * 100)
            if second % 15 == 14:
                machine.write("model_%d.bin" % second, RAW)
            machine.pass_time(1)
        machine.settle()
        self.assertEqual("model_59.bin", machine.choose().head)
        self.assertEqual(4, machine.seen.number)

    def test_a_copy_that_keeps_its_time_is_new_when_it_was_seen(self):
        machine = Machine()
        machine.write("a_1.pt")
        machine.settle()
        machine.wall = -5
        machine.write("a_2.pt")
        machine.settle()
        self.assertEqual("a_2.pt", machine.choose().head)

    def test_a_renamed_version_is_no_new_save(self):
        machine = Machine()
        machine.write("last.pt")
        machine.settle()
        machine.rename("last.pt", "previous.pt")
        machine.settle()
        self.assertEqual(1, machine.seen.number)

    def test_its_length_counts_from_the_first_write_under_a_staging_name(self):
        machine = Machine()
        machine.write("tmp-checkpoint-1/model.safetensors", safetensors())
        machine.open = {"tmp-checkpoint-1/model.safetensors"}
        machine.pass_time(30)
        machine.open = set()
        machine.rename("tmp-checkpoint-1", "checkpoint-1")
        machine.settle()
        self.assertGreater(machine.seen.longest, 28)

    def test_hdf5_written_for_five_minutes_is_no_log(self):
        machine = Machine()
        machine.open = {"model.h5"}
        for size in range(1, 300):
            machine.write("model.h5", HDF5 * size, in_place=True)
            machine.pass_time(1)
        machine.open = set()
        machine.settle()
        self.assertEqual("model.h5", machine.choose().head)

    def test_a_raw_state_that_grows_at_every_look_while_it_is_written_is_no_log(self):
        machine = Machine()
        for number in range(1, 4):
            model, state = "model_%d.pt" % number, "state_%d.bin" % number
            machine.write(model)
            machine.write(state, RAW)
            machine.open.add(state)
            for _ in range(9):
                machine.append(state, RAW)
                machine.pass_time(1)
            self.assertTrue(machine.seen.is_weight(state))
            machine.open.clear()
            machine.settle()
            self.assertEqual([model, state], machine.contents(machine.choose(), "save"))

    def test_a_raw_file_that_grows_at_every_look_all_along_is_none_of_the_set_s_identity(self):
        machine = Machine()
        machine.write("trajectory.dcd", RAW)
        machine.open.add("trajectory.dcd")
        for second in range(1, 400):
            machine.append("trajectory.dcd", RAW)
            if second % 60 == 30:
                machine.write("state_%d.cpt" % (second // 60), RAW)
            machine.pass_time(1)
        self.assertEqual(["state_6.cpt"], machine.contents(machine.choose(), "save"))

    def test_what_existed_before_the_attempt_is_never_part_of_it(self):
        machine = Machine(before={"epoch_9.pt": ZIP, "tokenizer.json": b"{}"})
        machine.write("epoch_1.pt")
        machine.settle()
        self.assertEqual(["epoch_1.pt"], machine.contents(machine.choose(), "save", "current", "older"))

    def test_a_set_of_the_settings_beats_staging_names(self):
        machine = Machine(Settings(include=["keep.tmp"], exclude=["cache"]))
        machine.write("keep.tmp")
        machine.write("cache/x.pt")
        machine.settle()
        self.assertEqual(["keep.tmp"], machine.contents(machine.choose()))

    def test_patterns_of_0_1_leave_out_everything_else(self):
        machine = Machine(Settings(only=["epoch_*"]))
        machine.write("epoch_1.pt")
        machine.write("other.pt")
        machine.settle()
        self.assertEqual(["epoch_1.pt"], machine.contents(machine.choose(), "save", "current", "older"))

    def test_what_a_stuck_save_left_under_a_staging_name_never_counts(self):
        machine = Machine()
        hugging_face(machine, 4)
        machine.settle()
        machine.write("tmp-checkpoint-8/model.safetensors", safetensors())
        machine.pass_time(30)
        machine.end(killed=True)
        self.assertEqual("checkpoint-4", machine.choose().head)

    def told_right_after_a_save(self, *names):
        machine = Machine()
        for number in (4, 8):
            machine.write("epoch=%d.ckpt" % number)
            machine.settle()
        # No look saw this one before the signal.
        machine.write("epoch=12.ckpt")
        machine.seen.told = machine.wall * 10**9 + 1
        machine.seen.cut_here(machine.now)
        for name in names:
            machine.write(name)
        machine.now += 0.3
        machine.see()
        machine.end()
        return machine

    def test_one_look_tells_the_save_before_the_signal_from_the_one_after_it(self):
        for name in ("epoch=12-v1.ckpt", "stopped.ckpt"):
            machine = self.told_right_after_a_save(name)
            self.assertEqual(name, machine.choose().head)
            self.assertEqual([name], machine.contents(machine.newest(), "save"))
            self.assertEqual("epoch=12.ckpt", machine.seen.saves[-2].files and sorted(machine.seen.saves[-2].files)[0])

    def test_the_save_after_the_signal_is_told_from_the_first_two_that_one_look_saw(self):
        machine = Machine()
        machine.write("epoch_1.pt")
        machine.write("epoch_2.pt")
        machine.pass_time(0.5, every=0.5)
        machine.seen.told = machine.wall * 10**9 + 1
        machine.seen.cut_here(machine.now)
        machine.write("step_150.pt")
        machine.end()
        self.assertEqual("step_150.pt", machine.choose().head)

    def test_the_save_after_the_signal_is_told_from_the_first_one_right_before_it(self):
        machine = Machine()
        machine.write("epoch_5.pt")
        machine.pass_time(0.3, every=0.3)
        machine.seen.told = machine.wall * 10**9 + 1
        machine.seen.cut_here(machine.now)
        machine.write("step_52.pt")
        machine.end()
        self.assertEqual("step_52.pt", machine.choose().head)
        self.assertEqual(["epoch_5.pt", "step_52.pt"], machine.contents(machine.choose()))

    def test_a_stop_save_of_its_own_name_is_the_head_although_a_periodic_one_came_after_the_signal_too(self):
        for apart in (False, True):
            machine = Machine()
            machine.write("epoch_2.pt")
            machine.settle()
            machine.seen.told = machine.wall * 10**9 + 1
            machine.seen.cut_here(machine.now)
            machine.write("epoch_4.pt")
            if apart:
                machine.now += 0.25
                machine.see()
            machine.write("step_301.pt")
            machine.now += 0.25
            machine.end()
            self.assertEqual("step_301.pt", machine.choose().head)

    def told_within_the_first_save(self, *rest):
        """Its first file is open when the training is told, and grows afterwards."""
        machine = Machine()
        machine.write("netG_1.pth", ZIP)
        machine.open.add("netG_1.pth")
        machine.see()
        machine.seen.told = machine.wall * 10**9 + 1
        machine.seen.cut_here(machine.now)
        machine.wall += 1
        for data in (ZIP * 2, ZIP * 3):
            machine.write("netG_1.pth", data, in_place=True)
            machine.pass_time(1)
        for before, path in zip(("netG_1.pth",) + rest, rest):
            # The look that sees the last bytes of a file sees the next one open already.
            machine.write(before, machine.files[before] + ZIP, in_place=True)
            machine.open = {path}
            machine.write(path)
            machine.pass_time(1)
        return machine

    def test_a_file_that_is_open_through_the_signal_is_not_cut_in_two(self):
        machine = self.told_within_the_first_save()
        self.assertEqual((1, []), (machine.seen.number, machine.seen.saves))
        machine.end()
        self.assertEqual((1, ["netG_1.pth"]), (machine.seen.number, machine.contents(machine.choose(), "save")))

    def test_the_first_save_that_is_being_written_at_the_signal_goes_on(self):
        for restarts in (False, True):
            machine = self.told_within_the_first_save("netD_1.pth")
            if restarts:
                machine.restart()
            self.assertEqual([], machine.seen.saves)
            machine.end()
            self.assertEqual(["netD_1.pth", "netG_1.pth"], machine.contents(machine.choose(), "save"))
            self.assertEqual("netG_1.pth", machine.choose().head)

    def test_saves_that_follow_the_first_one_after_the_signal_are_chosen_whole(self):
        machine = self.told_within_the_first_save("netD_1.pth", "netG_2.pth", "netD_2.pth", "netG_3.pth")
        machine.end(killed=True)
        self.assertEqual(("netG_2.pth", ["netD_1.pth", "netD_2.pth", "netG_1.pth", "netG_2.pth"]),
                         (machine.choose().head, machine.contents(machine.choose())))

    def test_a_stop_save_of_two_files_is_not_cut_in_two(self):
        machine = Machine()
        machine.write("epoch_2.pt")
        machine.settle()
        machine.seen.told = machine.wall * 10**9 + 1
        machine.seen.cut_here(machine.now)
        for name in ("stop_model_9.pt", "stop_optim_9.pt"):
            machine.write(name)
            machine.now += 0.7
            machine.see()
        machine.end()
        self.assertEqual(["stop_model_9.pt", "stop_optim_9.pt"], machine.contents(machine.newest(), "save"))

    def test_the_signal_comes_when_the_newest_save_was_deleted_already(self):
        machine = Machine()
        for number in (40, 80):
            machine.write("logs/epoch-step=%d.ckpt" % number)
            machine.settle()
        machine.remove("logs/epoch-step=80.ckpt")
        machine.write("logs/epoch-step=101.ckpt")
        machine.seen.told = machine.wall * 10**9
        machine.see()
        machine.seen.cut_here(machine.now)
        machine.end()
        self.assertEqual("logs/epoch-step=101.ckpt", machine.choose().head)

    def test_the_signal_comes_right_after_the_one_save_was_deleted(self):
        machine = Machine()
        for number in (1, 2):
            machine.write("epoch_%d.pt" % number)
            machine.settle()
        machine.remove("epoch_2.pt")
        machine.see()
        machine.seen.cut_here(machine.now)
        self.assertEqual(2, machine.seen.number)

    def test_without_a_save_after_the_signal_the_one_before_it_counts(self):
        self.assertEqual("epoch=12.ckpt", self.told_right_after_a_save().choose().head)

    def test_writes_after_the_signal_are_a_save_of_their_own(self):
        machine = Machine()
        deepspeed(machine, 1)
        machine.pass_time(2)
        machine.seen.cut_here(machine.now)
        deepspeed(machine, 2)
        machine.end()
        self.assertEqual(2, machine.seen.number)
        self.assertGreater(machine.choose().began, machine.now - 1)

    def signalled(self, *saves):
        """One second after the last of these saves."""
        machine = Machine()
        for paths in saves:
            for path in paths:
                machine.write(path)
            machine.pass_time(1 if paths is saves[-1] else 8)
        machine.seen.cut_here(machine.now, 5.0)
        return machine

    def test_a_save_at_the_signal_is_one_of_its_own_if_the_one_right_before_is_whole(self):
        for saves in ([["epoch_1.pt"], ["epoch_2.pt"]], [["epoch_1.pt"], ["epoch_2.pt", "best.pt"], ["epoch_3.pt"]]):
            machine = self.signalled(*saves)
            machine.write("interrupted.pt")
            machine.see()
            machine.end()
            self.assertEqual(("interrupted.pt", ["interrupted.pt"]),
                             (machine.choose().head, machine.contents(machine.choose(), "save")))

    def test_so_it_is_after_saves_too_fast_to_be_told_apart(self):
        for kept, last in ((1, 5), (9, 5), (1, 61), (1, 62), (1, 63), (1, 80)):
            machine = Machine()
            machine.write("exp/settings.yaml", b"lr: 0.1")
            for number in range(1, last + 1):
                if number == last:
                    machine.seen.cut_here(machine.now, 5.0)
                machine.write("exp/epoch_%d.pt" % number)
                machine.remove("exp/epoch_%d.pt" % (number - kept))
                if number < last:
                    machine.pass_time(1)
            machine.end()
            self.assertEqual("exp/epoch_%d.pt" % last, machine.choose().head)

    def test_one_that_lacks_what_those_before_had_goes_on_after_the_signal(self):
        machine = self.signalled(["netG_1.pth", "netD_1.pth"], ["netG_2.pth", "netD_2.pth"], ["netG_3.pth"])
        machine.write("netD_3.pth")
        machine.end()
        self.assertEqual(["netD_3.pth", "netG_3.pth"], machine.contents(machine.choose(), "save"))
        machine = self.signalled(*[["step_%d/rank%d.pt" % (number, rank) for rank in range(4)] for number in (1, 2)],
                                 ["step_3/rank0.pt"])
        machine.write("step_3/rank1.pt")
        machine.end()
        self.assertEqual(2, len(machine.contents(machine.choose(), "save")))


if __name__ == "__main__":
    unittest.main()
