"""Which checkpoint counts: complete, not torn, with the right head and the right companions."""
import json
import unittest

from . import simulator
from runctl_guard.checkpoints import completeness
from .simulator import (PICKLE, RAW, TF_INDEX, ZIP, Machine, Settings, cyclegan, dcp, detectron2, flat_ranks, gan, in_place, layer_files,
                       lightning, megatron, orbax, safetensors, sharded, tensorflow)

DATABASE = b"SQLite format 3\0" + b"\0" * 80


class Choices(unittest.TestCase):
    def saved(self, layout, saves=3, settings=Settings()):
        machine = Machine(settings)
        for number in range(1, saves + 1):
            layout(machine, number)
            machine.pass_time(10)
        return machine

    def save(self, machine, *paths):
        for path in paths:
            machine.write(path)
        machine.settle()

    # Torn saves

    def test_killed_between_two_networks_the_save_before_counts(self):
        machine = self.saved(gan)
        machine.write("netG_4.pth")
        machine.see()
        machine.end(killed=True)
        self.assertEqual("netG_3.pth", machine.choose().head)

    def test_a_training_that_dies_in_between_is_the_same(self):
        machine = self.saved(gan)
        machine.write("netG_4.pth")
        machine.see()
        machine.end(sudden=True)
        self.assertEqual("netG_3.pth", machine.choose().head)

    def test_one_that_ends_in_order_saved_what_it_wanted(self):
        machine = self.saved(gan)
        machine.write("netG_4.pth")
        machine.see()
        machine.end()
        self.assertEqual("netG_4.pth", machine.choose().head)

    def test_files_in_place_come_from_one_save_or_from_the_copy(self):
        machine = self.saved(in_place)
        kept = {file.path: file.version for file in machine.newest().files}
        machine.write("model.pt", ZIP + b"torn", in_place=True)
        machine.see()
        machine.end(killed=True)
        # Without a copy nothing older is left, and the torn one is better than nothing.
        self.assertEqual(4, machine.choose().save.number)
        machine.copies = {kept["model.pt"]: ZIP}
        self.assertEqual(kept, {file.path: file.version for file in machine.choose().files})

    def test_a_save_with_fewer_files_of_one_name_than_the_two_before_gives_way(self):
        for layout, last in ((flat_ranks, ["step_4_rank0.pt", "step_4_rank1.pt"]), (layer_files, ["layer_00.pt", "layer_01.pt"])):
            machine = self.saved(layout)
            kept = {file.path: file.version for file in machine.newest().part("save")}
            machine.copies = dict.fromkeys(kept.values(), ZIP)
            for path in last:
                machine.write(path, ZIP + b"4", in_place=True)
            machine.see()
            machine.end(killed=True)
            self.assertEqual(kept, {file.path: file.version for file in machine.choose().part("save")}, layout.__name__)

    def test_a_save_that_is_not_the_best_is_whole_although_the_two_before_were_the_best(self):
        machine = Machine()
        for number in (1, 2):
            self.save(machine, "epoch_%d.pt" % number, "best.th", "net_best_val.th")
        self.save(machine, "epoch_3.pt")
        machine.end(killed=True)
        self.assertEqual("epoch_3.pt", machine.choose().head)

    def test_a_save_whose_name_has_a_negative_a_tiny_or_no_measure_is_whole_after_two_that_have_one(self):
        for name in ("epoch_%d_reward_-0.5.pt", "epoch=%d-loss=1e-05.pt", "epoch=%d-loss=1.5e-05.pt",
                     "epoch=%d-loss=nan.pt", "epoch=%d-loss=-inf.pt", "epoch_%d_loss_NaN.pt"):
            machine = Machine()
            for number in (1, 2):
                self.save(machine, name[:name.rindex("=" if "=" in name else "_") + 1] % number + "0.%d.pt" % number)
            self.save(machine, name % 3)
            machine.end(killed=True)
            self.assertEqual(name % 3, machine.choose().head)

    def test_what_a_save_writes_on_the_way_and_deletes_again_is_no_round_of_a_burst(self):
        machine = Machine()
        for number in (1, 2, 3):
            for job in range(3):
                machine.write("%d.%d.raw" % (number, job), RAW)
            machine.write("%d.mdl" % number, RAW)
            for job in range(3):
                machine.remove("%d.%d.raw" % (number, job))
            machine.pass_time(10)
        machine.write("4.0.raw", RAW)
        machine.write("4.1.raw", RAW)
        machine.see()
        machine.end(killed=True)
        self.assertEqual("3.mdl", machine.choose().head)

    def test_one_that_was_deleted_before_the_next_is_written_comes_from_the_copy(self):
        machine = Machine()
        for number in (1, 2, 3):
            machine.remove("checkpoint-%d" % (number - 1))
            self.save(machine, "checkpoint-%d/model.pt" % number, "checkpoint-%d/optimizer.pt" % number)
        self.copied(machine)
        machine.remove("checkpoint-3")
        machine.see()
        self.assertEqual("checkpoint-3", machine.choose().head)
        machine.write("checkpoint-4/model.pt")
        machine.see()
        machine.end(killed=True)
        self.assertEqual(("checkpoint-3", ["checkpoint-3/model.pt", "checkpoint-3/optimizer.pt"]),
                         (machine.choose().head, machine.contents(machine.choose(), "save")))

    def test_a_pointer_to_one_that_was_deleted_before_the_next_is_written_is_no_pointer_to_nothing(self):
        machine = self.saved(detectron2, 2)
        detectron2(machine, 3)
        self.save(machine, "model_best.pth")
        self.copied(machine)
        machine.remove("model_0000003.pth")
        machine.see()
        self.assertEqual("model_0000003.pth", machine.choose().head)

    def cut_off_in_place(self, machine, saves):
        """After saves of something else."""
        for number in range(saves):
            machine.write("losses.npy", simulator.NPY)
            machine.settle()
        machine.write("model.pt", ZIP[:20], in_place=True)
        machine.open.add("model.pt")
        machine.see()
        machine.end(killed=True)

    def whole(self, machine, *versions):
        """The choice if the model on the disk is not whole, and these versions of it can be had."""
        def available(file):
            return file.path != "model.pt" and machine.available(file) or file.version in versions
        return machine.decide(available).chosen

    def test_a_model_that_is_cut_off_is_replaced_by_the_one_before_however_many_saves_of_something_else_came_meanwhile(self):
        for saves in (1, 7):
            for restored in (False, True):
                with self.subTest(saves=saves, restored=restored):
                    machine = Machine()
                    machine.write("model.pt", ZIP * 9)
                    if restored:
                        machine.seen = simulator.Observation()
                        machine.seen.begin(machine.look().entries, machine.now, {"model.pt"})
                    machine.settle()
                    version = machine.seen.files["model.pt"].version
                    self.cut_off_in_place(machine, saves)
                    self.assertIn(("model.pt", version), [file[:2] for file in self.whole(machine, version).files])
                    if not restored:
                        self.assertEqual("model.pt", self.whole(machine, version).head)
                        self.assertIsNone(self.whole(machine))

    def copied(self, machine):
        for save in machine.seen.saves:
            machine.copies.update((facts[0], machine.files[path]) for path, facts in save.files.items() if path in machine.files)

    # Parts with a pause

    def in_parts(self, *parts, saves=3, interval=60):
        machine = Machine()
        for number in range(1, saves + 1):
            for part in parts:
                data = safetensors(number) if part.endswith(".safetensors") else ZIP + b"%d" % number
                machine.write(part % number if "%" in part else part, data, in_place=True)
                machine.pass_time(5)
            self.copied(machine)
            machine.pass_time(interval)
        return machine

    def test_parts_of_a_save_with_a_pause_between_them_are_one_save_from_the_second_time_on(self):
        for parts in (("model.pt", "optim.pt"), ("model_%d.pt", "optim_%d.pt"), ("m_%d/w.pt", "o_%d/w.pt"), ("a.npy", "b.npy", "c.npy"),
                      ("w.safetensors", "b.pt", "c.pt")):
            machine = self.in_parts(*parts)
            self.assertEqual(sorted(part % 3 if "%" in part else part for part in parts),
                             machine.contents(machine.choose(), "save"))
            self.assertTrue(machine.choose().head.startswith(parts[0][:2]), machine.choose().head)

    def test_while_parts_are_missing_the_save_before_counts(self):
        machine = self.in_parts("model.pt", "optim.pt")
        kept = {file.path: file.version for file in machine.choose().files}
        machine.write("model.pt", ZIP + b"4", in_place=True)
        machine.pass_time(4)
        self.assertEqual(kept, {file.path: file.version for file in machine.choose().files})
        # It is no refusal, of which a warning would tell.
        self.assertEqual([], machine.decide().refused)
        machine.end(killed=True)
        self.assertEqual(kept, {file.path: file.version for file in machine.choose().files})

    def test_while_files_of_a_directory_are_missing_the_save_before_counts(self):
        machine = Machine()
        for number in (1, 2, 3, 4):
            self.save(machine, "step_%d/meta.json" % number, "step_%d/rank0.pt" % number)
            if number == 4:
                self.assertEqual("step_3", machine.choose().head)
            machine.pass_time(2)
            self.save(machine, "step_%d/rank1.pt" % number)
            machine.pass_time(40)
        self.assertEqual("step_4", machine.choose().head)

    def test_a_directory_with_fewer_files_from_now_on_counts_when_the_time_for_the_others_is_over(self):
        machine = Machine()
        for number, ranks in ((1, 2), (2, 2), (3, 1)):
            self.save(machine, *["step_%d/rank%d.pt" % (number, rank) for rank in range(ranks)])
            self.assertEqual("step_%d" % min(number, 2), machine.choose().head)
            machine.pass_time(40)
        self.assertEqual("step_3", machine.choose().head)

    def test_parts_that_never_come_are_not_waited_for(self):
        machine = self.in_parts("model.pt", "optim.pt")
        machine.write("model.pt", ZIP + b"4", in_place=True)
        machine.pass_time(40)
        self.assertEqual(["model.pt"], machine.contents(machine.choose(), "save"))

    def test_names_that_take_turns_are_saves_of_their_own(self):
        machine = Machine()
        for number in range(1, 7):
            self.save(machine, "ckpt_%s.pt" % "ab"[number % 2])
            machine.pass_time(20)
        self.assertEqual(["ckpt_a.pt"], machine.contents(machine.choose(), "save"))
        self.assertEqual(6, machine.choose().save.number)

    def test_files_of_one_name_that_ranks_write_in_turn_complete_their_directory(self):
        machine = Machine()
        for number in (1, 2, 3):
            for rank in range(3):
                self.save(machine, "step_%d/rank%d.pt" % (number, rank))
            machine.pass_time(30)
        self.assertEqual(["step_3/rank%d.pt" % rank for rank in range(3)], machine.contents(machine.choose(), "save"))
        self.assertEqual("step_3", machine.choose().head)

    def test_a_directory_with_fewer_files_than_the_two_before_gives_way(self):
        machine = Machine()
        for number in range(1, 4):
            self.save(machine, *["step_%d/rank%d.pt" % (number, rank) for rank in range(4)])
        for rank in range(3):
            machine.write("step_4/rank%d.pt" % rank)
        machine.see()
        machine.end(killed=True)
        self.assertEqual("step_3", machine.choose().head)

    def test_a_directory_that_was_spoilt_in_part_comes_from_the_copy_as_a_whole(self):
        machine = Machine()
        self.save(machine, "last/model.pt", "last/optimizer.pt")
        for file in machine.newest().files:
            machine.copies[file.version] = machine.files[file.path]
        machine.write("last/model.pt", b"", in_place=True)
        machine.settle()
        machine.end()
        self.assertEqual(("last", 1), (machine.choose().head, machine.choose().save.number))
        self.assertLess(machine.choose().began, 1002.5)

    def test_in_a_burst_of_many_saves_the_last_round_gives_way_alike(self):
        machine = Machine()
        for number in range(1, 5):
            gan(machine, number)
            machine.pass_time(1.2, every=0.6)
        machine.write("netG_5.pth")
        machine.see()
        machine.end(killed=True)
        self.assertEqual("netG_4.pth", machine.choose().head)
        self.assertNotIn("netG_5.pth", [file.path for file in machine.choose().files])

    def test_two_saves_without_a_pause_at_the_kill_are_one_that_is_gone_back_in(self):
        def checkpoint(number, *names):
            for name in names or ("model.pt", "optimizer.pt", "state.json"):
                machine.write("checkpoint-%d/%s" % (number, name))
            machine.see()
        machine = Machine()
        for number in (1, 2, 3):
            checkpoint(number)
            machine.remove("checkpoint-%d" % (number - 1))
            machine.pass_time(10)
        checkpoint(4)
        machine.remove("checkpoint-3")
        checkpoint(5, "model.pt")
        machine.end(killed=True)
        self.assertEqual("checkpoint-4", machine.choose().head)
        self.assertEqual(["checkpoint-4/model.pt", "checkpoint-4/optimizer.pt", "checkpoint-4/state.json"],
                         machine.contents(machine.choose(), "save"))

    def test_after_a_burst_was_cut_the_round_at_the_kill_gives_way_to_the_one_right_before_it(self):
        machine = Machine()
        for number in range(1, 31):
            machine.write("model_%d.pt" % number)
            machine.write("optim_%d.pt" % number)
            machine.pass_time(1)
        self.assertGreater(machine.seen.number, 2)
        machine.write("model_31.pt")
        machine.see()
        machine.end(killed=True)
        self.assertEqual("model_30.pt", machine.choose().head)

    def test_several_units_that_every_save_has_are_one_round(self):
        def folds(number, count):
            for fold in range(count):
                machine.write("epoch%d_fold%d.pt" % (number, fold))
                machine.see()
        machine = Machine()
        for number in (1, 2, 3):
            folds(number, 3)
            machine.pass_time(10)
        kept = machine.choose()
        machine.copies = {file.version: ZIP for file in kept.files}
        folds(4, 3)
        machine.write("epoch4_fold2.pt", b"", in_place=True)
        machine.see()
        machine.end(killed=True)
        self.assertEqual(3, machine.choose().save.number)

    def test_of_a_save_that_goes_on_the_rounds_before_the_last_are_whole(self):
        machine = Machine()
        for number in (1, 2):
            gan(machine, number)
            machine.see()
        machine.write("netG_3.pth")
        machine.open = {"netG_3.pth"}
        machine.see()
        going_on = machine.candidates(provisional=True)
        self.assertEqual(["netG_2.pth", "netG_1.pth"], [one.head for one in going_on])
        self.assertFalse(going_on[0].save.provisional)
        machine.open = set()
        machine.see()
        self.assertTrue(machine.candidates(provisional=True)[0].save.provisional)
        self.assertEqual([], machine.candidates())

    # Complete

    def test_tensorflow_needs_its_index(self):
        machine = self.saved(tensorflow, 1)
        machine.write("ckpt-2.data-00000-of-00001", RAW)
        machine.settle()
        self.assertEqual("ckpt-1", machine.choose().head)

    def test_tensorflow_s_pointer_may_list_what_is_gone(self):
        machine = Machine()
        machine.write("ckpt-5.data-00000-of-00001", RAW)
        machine.write("ckpt-5.index", TF_INDEX)
        machine.write("checkpoint", b'model_checkpoint_path: "/home/u/project/checkpoints/ckpt-5"\n'
                                    b'all_model_checkpoint_paths: "ckpt-1"\nall_model_checkpoint_paths: "/gone/ckpt-3"\n')
        machine.settle()
        self.assertEqual(3, len(machine.choose().part("save")))
        machine.write("checkpoint", b'model_checkpoint_path: "ckpt-6"\n')
        machine.write("ckpt-7.data-00000-of-00001", RAW)
        machine.write("ckpt-7.index", TF_INDEX)
        machine.settle()
        self.assertEqual(1, machine.choose().save.number if machine.choose() else 1)

    def test_megatron_s_pointer_holds_a_number_or_release(self):
        for text, good in ((b"5", True), (b"release", True), (b"7", False), (b"5000", False)):
            machine = Machine()
            machine.write("iter_0000005/mp_rank_00/model_optim_rng.pt")
            machine.write("latest_checkpointed_iteration.txt", text)
            machine.settle()
            self.assertEqual(good, machine.choose() is not None, text)

    def test_a_pointer_of_a_script_s_own_may_hold_a_number_or_a_part_of_a_name(self):
        for text in (b"6", b"0006", b"epoch_6", b"run A, epoch 6"):
            machine = Machine()
            machine.write("forger_epoch_6.pt")
            machine.write("latest", text)
            machine.end()
            self.assertEqual("forger_epoch_6.pt", machine.choose().head, text)

    def test_a_pointer_to_what_was_never_written_refuses(self):
        machine = Machine()
        machine.write("global_step6/mp_rank_00_model_states.pt")
        machine.write("latest", b"global_step26")
        machine.end()
        self.assertIsNone(machine.choose())

    def test_a_pointer_written_late_brings_what_it_names(self):
        machine = self.saved(megatron, 2)
        machine.write("iter_0000003/mp_rank_00/model_optim_rng.pt")
        machine.settle()
        machine.write("iter_0000004/mp_rank_00/model_optim_rng.pt")
        machine.settle()
        machine.write("latest_checkpointed_iteration.txt", b"3")
        machine.settle()
        self.assertEqual(["iter_0000003/mp_rank_00/model_optim_rng.pt", "latest_checkpointed_iteration.txt"],
                         machine.contents(machine.choose(), "current"))

    def test_epochs_of_a_total_are_no_shards(self):
        machine = Machine()
        self.save(machine, "epoch-3-of-10.pt")
        self.assertEqual("epoch-3-of-10.pt", machine.choose().head)

    def test_shards_need_all_their_siblings_whatever_their_time(self):
        machine = Machine()
        for number in (1, 2):
            machine.write("m-%05d-of-00002.safetensors" % number, safetensors(number))
        machine.settle()
        machine.write("m-00002-of-00002.safetensors", safetensors(5))
        machine.settle()
        self.assertEqual(2, len(machine.choose().part("save")))
        machine.remove("m-00001-of-00002.safetensors")
        machine.settle()
        self.assertIsNone(machine.choose())

    def test_an_index_needs_its_shards(self):
        machine = Machine()
        machine.write("c-1/model.safetensors.index.json", json.dumps({"weight_map": {"a": "a.safetensors"}}).encode())
        machine.write("c-1/b.safetensors", safetensors())
        machine.settle()
        self.assertIsNone(machine.choose())
        machine.write("c-1/a.safetensors", safetensors())
        machine.settle()
        self.assertEqual("c-1", machine.choose().head)

    def test_distributed_checkpoints_need_their_metadata(self):
        machine = self.saved(dcp, 1)
        machine.write("step_8/__0_0.distcp", RAW)
        machine.settle()
        machine.end(killed=True)
        self.assertEqual("step_1", machine.choose().head)

    def test_metadata_older_than_a_part_does_not_count(self):
        machine = self.saved(dcp, 1)
        machine.write("last/__0_0.distcp", RAW)
        machine.write("last/.metadata", PICKLE)
        machine.settle()
        machine.write("last/__0_0.distcp", RAW + RAW)
        machine.settle()
        self.assertNotEqual(3, machine.choose().save.number)

    def test_metadata_vouches_for_its_shards_and_not_for_what_a_framework_adds(self):
        machine = Machine()
        for name in ("__0_0.distcp", ".metadata", "meta.pt"):
            machine.write("epoch=1.ckpt/" + name, PICKLE if name == ".metadata" else RAW if name[0] == "_" else ZIP)
            machine.pass_time(1)
        machine.settle()
        self.assertEqual("epoch=1.ckpt", machine.choose().head)

    def test_a_directory_is_not_finished_while_an_empty_file_beside_it_says_so(self):
        machine = Machine()
        self.save(machine, "step=1/weights/common.pt")
        machine.write("step=2-unfinished", b"")
        self.save(machine, "step=2/weights/common.pt")
        self.assertEqual("step=1", machine.choose().head)
        machine.remove("step=2-unfinished")
        machine.see()
        self.assertEqual("step=2", machine.choose().head)

    def test_metadata_directly_in_the_directory_counts(self):
        machine = Machine()
        machine.write("__0_0.distcp", RAW)
        machine.write(".metadata", PICKLE)
        machine.settle()
        self.assertIn(".metadata", machine.contents(machine.choose(), "save"))

    def test_orbax_without_its_marker_is_refused_only_if_earlier_saves_had_it(self):
        machine = Machine()
        for number in (1, 2):
            machine.write("%d/default/d/%032x" % (number, number), RAW)
            machine.settle()
        self.assertEqual("2", machine.choose().head)
        machine = self.saved(orbax, 2)
        machine.write("3/default/d/%032x" % 3, RAW)
        machine.settle()
        self.assertEqual("2", machine.choose().head)

    def test_in_the_first_save_a_file_that_was_only_begun_at_the_death_is_known_by_the_one_beside_it(self):
        machine = Machine()
        machine.write("netG_1.pth")
        machine.write("netD_1.pth", b"")
        machine.see()
        machine.end(sudden=True)
        self.assertIsNone(machine.choose())

    def test_an_empty_marker_beside_weights_is_no_file_that_was_only_begun(self):
        machine = Machine()
        machine.write("step_1/model.pth")
        machine.write("step_1/done", b"")
        machine.see()
        machine.end(sudden=True)
        self.assertEqual("step_1", machine.choose().head)

    def test_a_database_with_its_journal_is_a_checkpoint_if_nothing_else_is_there(self):
        machine = Machine()
        machine.write("args.json", b"{}")
        machine.pass_time(100)
        for number in range(3):
            machine.write("study.db", DATABASE + b"%d" % number, in_place=True)
            machine.write("study.db-wal", b"7\x7f\x06\x82" + b"\0" * 40, in_place=True)
            machine.write("study.db-shm", b"\x18\xe2\x2d\0" + b"\0" * 40, in_place=True)
            machine.open = {"study.db", "study.db-wal", "study.db-shm"}
            machine.pass_time(30)
        self.assertIsNone(machine.choose())
        machine.end(killed=True)
        for path in ("study.db", "study.db-wal", "study.db-shm"):
            machine.seen.files[path].cut = True
        chosen = machine.choose()
        self.assertEqual(("study.db", ["study.db", "study.db-shm", "study.db-wal"]), (chosen.head, machine.contents(chosen, "save")))
        self.assertEqual([], completeness.cut_off(machine.seen, chosen))

    def test_beside_a_model_a_database_travels_along(self):
        machine = Machine()
        machine.write("study.db", DATABASE)
        machine.pass_time(10)
        self.save(machine, "model_1.pt")
        self.assertEqual((["model_1.pt"], ["study.db"]),
                         (machine.contents(machine.choose(), "save"), machine.contents(machine.choose(), "current")))

    def test_an_empty_weight_file_is_incomplete(self):
        machine = self.saved(gan, 2)
        machine.write("netG_3.pth")
        machine.write("netD_3.pth", b"")
        machine.settle()
        self.assertEqual("netG_2.pth", machine.choose().head)

    def test_a_file_that_is_being_written_is_not_there_yet(self):
        machine = self.saved(gan, 2)
        machine.write("netG_2.pth", ZIP + b"again", in_place=True)
        machine.open = {"netG_2.pth"}
        machine.see()
        self.assertIsNotNone(machine.choose())
        self.assertNotIn("netG_2.pth", machine.contents(machine.choose(), "save"))

    # Heads

    def test_the_head_is_the_model_although_the_optimizer_is_larger(self):
        machine = Machine()
        for number in (10000, 20000):
            machine.write("opt%06d.pt" % number, ZIP * 2)
            machine.write("model%06d.pt" % number, ZIP)
            machine.write("ema_0.9999_%06d.pt" % number, ZIP)
            machine.settle()
        self.assertEqual("model020000.pt", machine.choose().head)

    def test_the_head_is_the_directory_with_the_optimizer_although_a_model_is_written_before_it(self):
        machine = Machine()
        for number in (1, 2):
            machine.write("last-step%d.safetensors" % number, safetensors())
            machine.see()
            for name in ("model.safetensors", "optimizer.bin", "scheduler.bin"):
                machine.write("last-step%d-state/%s" % (number, name))
            machine.settle()
        self.assertEqual("last-step2-state", machine.choose().head)
        machine = Machine()
        machine.write("model.pt")
        machine.see()
        machine.write("extras/optimizer.pt")
        machine.settle()
        self.assertEqual("model.pt", machine.choose().head)

    def test_the_head_is_the_file_whose_name_the_others_go_on_with(self):
        machine = Machine()
        for number in (1, 2):
            machine.write("w2v_%d.model.wv.vectors.npy" % number, simulator.NPY)
            machine.write("w2v_%d.model" % number, PICKLE)
            machine.settle()
        self.assertEqual("w2v_2.model", machine.choose().head)

    def test_a_raw_model_is_one_beside_a_state_several_times_as_large(self):
        machine = Machine()
        for number in (1, 2):
            machine.write("model_%08d.bin" % number, RAW)
            machine.write("state_%08d_00000.bin" % number, RAW * 7)
            machine.settle()
        self.assertEqual(("model_00000002.bin", 2), (machine.choose().head, len(machine.choose().part("save"))))

    def test_predictions_after_validation_do_not_take_its_place(self):
        machine = Machine()
        for number in (1, 2, 3):
            self.save(machine, "epoch_%d.pt" % number)
            machine.write("val_preds.npy", simulator.NPY * (5 + number))
            machine.settle()
        self.assertEqual("epoch_3.pt", machine.choose().head)

    def test_what_was_written_once_at_the_start_gives_its_place_to_what_is_saved(self):
        machine = Machine()
        self.save(machine, "initial_weights.pt")
        self.save(machine, "epoch_1.pt")
        self.assertEqual("epoch_1.pt", machine.choose().head)

    def test_a_cache_larger_than_the_models_gives_its_place_to_them_when_two_came_without_it(self):
        for cache in ("dataset_cache.pt", "tokens.npy"):
            machine = Machine()
            machine.write(cache, (simulator.NPY if cache.endswith("npy") else ZIP) * 100)
            machine.settle()
            for number in (1, 2, 3):
                self.save(machine, "epoch_%d.pt" % number)
                self.assertEqual(cache if number == 1 else "epoch_%d.pt" % number, machine.choose().head)
                self.assertIn(cache, machine.contents(machine.choose(), "current"))

    def test_a_large_model_that_is_saved_rarely_is_the_head_again_for_good_when_it_comes_again(self):
        machine = Machine()
        for number in range(1, 40):
            if number % 10 == 1:
                machine.write("model_%d.pt" % number, ZIP * 100)
                machine.settle()
            self.save(machine, "adapter_%d.pt" % number)
        self.assertEqual("model_31.pt", machine.choose().head)

    def test_losses_saved_more_often_than_a_large_model_do_not_take_its_place(self):
        machine = Machine()
        machine.write("model.pt", ZIP * 100)
        machine.settle()
        for _ in range(5):
            machine.write("losses.npy", simulator.NPY)
            machine.settle()
        self.assertEqual("model.pt", machine.choose().head)

    def test_the_best_is_the_head_where_nothing_else_is(self):
        machine = Machine()
        self.save(machine, "model_best.pth")
        self.assertEqual("model_best.pth", machine.choose().head)

    def test_a_setting_names_the_head(self):
        machine = Machine(Settings(head="weights/last.pt"))
        machine.write("weights/best.pt")
        machine.write("weights/last.pt")
        machine.settle()
        self.assertEqual("weights/last.pt", machine.choose().head)
        machine = Machine(Settings(head="step_*"))
        self.save(machine, "a.pt", "step_1/b.pt")
        self.assertEqual("step_1", machine.choose().head)

    # What a training writes last

    def finished(self, machine, *names, pause=10.0, last="final.pth"):
        """Epochs with the state of an optimizer, and at the end a third of it: the weights."""
        for number in (1, 2, 3):
            machine.step = 100 * number
            machine.see()
            for name in names:
                machine.write(name % number, ZIP * 3)
            machine.pass_time(pause)
        machine.step = 350
        machine.pass_time(1.0)
        machine.write(last)
        machine.end()
        return machine.choose()

    def test_a_finished_run_shows_its_final_file_beside_the_epoch_that_a_resume_goes_on_from(self):
        for pause in (10.0, 0.4):
            with self.subTest(pause=pause):
                machine = Machine()
                found = self.finished(machine, "epoch_%d.pth", pause=pause)
                self.assertEqual("epoch_3.pth", found.head)
                self.assertEqual(("final.pth", 350), tuple(found.newest))
                self.assertIn("final.pth", machine.contents(found, "save"))

    def test_the_step_is_that_of_the_epoch_that_a_resume_goes_on_from(self):
        found = self.finished(Machine(), "epoch_%d.pth")
        self.assertEqual((300, False), (found.step, found.wrote_head()))
        self.assertTrue(self.saved(tensorflow).choose().wrote_head())

    def test_a_final_directory_or_text_is_shown_as_well(self):
        found = self.finished(Machine(), "epoch_%d.pth", last="final_model/model.safetensors")
        self.assertEqual("final_model/model.safetensors", found.newest.path)
        machine = Machine()
        for number in (1, 2, 3):
            machine.write("epoch_%d.json" % number, b'{"weights": "%s"}' % (b"w" * 300))
            machine.pass_time(10.0)
        machine.write("final.json", b'{"weights": "%s"}' % (b"w" * 100))
        machine.pass_time(1.0)
        machine.write("results.json", b'{"ok": 1}')
        machine.end()
        self.assertEqual(("epoch_3.json", "final.json"), (machine.choose().head, machine.choose().newest.path))

    def test_what_every_save_writes_beside_the_head_is_no_final_file(self):
        for layout in (gan, cyclegan, lightning, megatron, orbax, tensorflow, sharded, in_place):
            with self.subTest(layout=layout.__name__):
                machine = self.saved(layout)
                machine.end()
                self.assertIsNone(machine.choose().newest)
        machine = self.saved(gan, saves=1)
        self.assertIsNone(machine.choose().newest)

    def test_a_first_best_model_is_no_final_file(self):
        self.assertIsNone(self.finished(Machine(), "epoch_%d.pth", last="best.pth").newest)

    # Companions

    def test_numbers_that_are_no_counters_are_listed_as_older(self):
        machine = Machine()
        for fold in range(1, 6):
            self.save(machine, "fold%d_best.pth" % fold)
        chosen = machine.choose()
        self.assertEqual(["fold5_best.pth"], machine.contents(chosen))
        self.assertEqual(4, len(chosen.part("older")))

    def test_the_newest_of_every_other_pattern_travels(self):
        machine = Machine()
        self.save(machine, "last.pt", "best.pt", "scaler.pkl")
        self.save(machine, "last.pt")
        chosen = machine.choose()
        self.assertEqual((["last.pt"], ["best.pt", "scaler.pkl"]),
                         (machine.contents(chosen, "save"), machine.contents(chosen, "current")))

    def test_the_same_name_with_a_new_best_is_the_same_save_and_another_set(self):
        machine = Machine()
        self.save(machine, "epoch_10.pt")
        before = machine.choose().identity()
        self.save(machine, "best.pt")
        self.assertNotEqual(before, machine.choose().identity())

    def test_nested_generations_are_looked_into(self):
        machine = self.saved(cyclegan, 40)
        chosen = machine.choose()
        self.assertEqual("horses/40_net_G_A.pth", chosen.head)
        self.assertEqual(8, len(chosen.part("save", "current")))

    def test_a_directory_is_looked_into_although_each_save_deletes_the_one_before(self):
        machine = Machine()
        for number in range(1, 4):
            base = "lightning_logs/version_0/checkpoints/"
            machine.remove(base + "epoch=%d.ckpt" % (number - 1))
            machine.write(base + "epoch=%d.ckpt" % number)
            machine.write("lightning_logs/version_0/hparams.yaml", b"lr: 0.1")
            machine.settle()
        self.assertEqual("lightning_logs/version_0/checkpoints/epoch=3.ckpt", machine.choose().head)

    def test_a_directory_that_only_leads_to_what_is_saved_is_not_the_head(self):
        for head, *beside in (("exp/last.pt",), ("exp/epoch_1.pt", "exp/train.log"), ("output/checkpoint-1", ),
                              ("lightning_logs/version_0/checkpoints/epoch=1.ckpt", "lightning_logs/version_0/hparams.yaml")):
            machine = Machine()
            for path in beside:
                machine.write(path, b"lr: 0.1\n")
            machine.pass_time(100)
            self.save(machine, *([head] if "." in head.rpartition("/")[2] else [head + "/model.pt", head + "/optimizer.pt"]))
            self.assertEqual(head, machine.choose().head)

    def test_a_directory_with_a_model_and_its_settings_is_the_head(self):
        machine = Machine()
        machine.pass_time(100)
        # The settings come before a long gather of the weights.
        machine.write("checkpoint-1/config.json", b"{}")
        machine.pass_time(5)
        self.save(machine, "checkpoint-1/model.safetensors")
        self.assertEqual("checkpoint-1", machine.choose().head)
        machine = Machine()
        machine.write("adapter/adapter_config.json", b"{}")
        self.save(machine, "adapter/adapter_model.safetensors")
        self.assertEqual("adapter", machine.choose().head)

    def test_a_directory_that_was_replaced_as_a_whole_is_still_a_unit(self):
        machine = Machine()
        for number in range(1, 4):
            machine.write("new.tmp/d/%032x" % number, RAW)
            machine.write("new.tmp/model.npy", simulator.NPY)
            machine.remove("run/state")
            machine.rename("new.tmp", "run/state")
            machine.settle()
        self.assertEqual("run/state", machine.choose().head)

    def test_a_link_brings_what_it_leads_to(self):
        machine = self.saved(lightning)
        machine.link("best.ckpt", "epoch=1-val_loss=0.89.ckpt")
        machine.settle()
        self.assertEqual(["best.ckpt", "epoch=1-val_loss=0.89.ckpt"], machine.contents(machine.choose(), "current"))

    def test_a_dangling_link_is_left_out(self):
        machine = Machine()
        machine.link("checkpoint-1/tokenizer.json", "/data/cache/blobs/abcdef")
        self.save(machine, "checkpoint-1/model.pt")
        self.assertEqual(["checkpoint-1/model.pt"], machine.contents(machine.choose()))

    def test_the_step_is_the_last_one_reported_before_the_save_began(self):
        machine = Machine()
        machine.step = 7
        machine.pass_time(1)
        machine.step = 8
        self.save(machine, "epoch_1.pt")
        self.assertEqual(7, machine.choose().step)
        machine.step = 30
        machine.pass_time(5)
        self.assertEqual(7, machine.choose().step)

    def test_a_torn_index_refuses_and_a_torn_sidecar_does_not(self):
        machine = self.saved(sharded, 1)
        machine.write("notes.json", b'{"a": ')
        machine.write("model-00001-of-00003.safetensors", safetensors(9))
        machine.settle()
        self.assertIsNotNone(machine.choose())
        machine.write("model.safetensors.index.json", b'{"weight_map": ')
        machine.write("model-00001-of-00003.safetensors", safetensors(10))
        machine.settle()
        self.assertIsNone(machine.choose())


if __name__ == "__main__":
    unittest.main()
