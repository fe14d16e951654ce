"""Which objects a manifest may name. The same table is in ManifestReachTests of Core."""
import unittest

import support  # noqa: F401
from runctl_guard.aws.s3 import Location
from runctl_guard.checkpoints.reach import check_keys, folder_of
from runctl_guard.errors import GuardError

STORE = {"bucket": "b", "prefix": "ck/spot", "run_prefix": "ck/runctl"}

# Bucket and key of the manifest, whether the store is known, and what its keys begin with.
FOLDERS = (
    ("b", "ck/spot/i-0a1/checkpoints/epoch_1.pt.manifest.json", True, "ck/spot/"),
    ("b", "ck/spot/host.example/checkpoints/a/b.pt.manifest.json", True, "ck/spot/"),
    ("b", "ck/spot/i-0a1/checkpoints/epoch_1.pt.manifest.json", False, "ck/spot/"),
    ("b", "ck/spot/i-0a1/checkpoints/i-1/checkpoints/a.pt.manifest.json", False, "ck/spot/i-0a1/checkpoints/"),
    ("other", "ck/spot/i-0a1/checkpoints/epoch_1.pt.manifest.json", True, "ck/spot/"),
    ("other", "old/i-0a1/checkpoints/epoch_1.pt.manifest.json", True, "old/"),
    ("b", "ck/spotless/i-0a1/checkpoints/epoch_1.pt.manifest.json", True, "ck/spotless/"),
    ("b", "ck/runctl/orders/r-1/1/resume/model.pt.manifest.json", True, "ck/runctl/orders/r-1/1/resume/"),
    ("b", "ck/spot/host.example/checkpoints/a/b.pt.manifest.json", False, "ck/spot/host.example/checkpoints/a/"),
    ("b", "i-0a1/checkpoints/a.pt.manifest.json", False, "i-0a1/checkpoints/"),
    ("b", "a.pt.manifest.json", False, "a.pt"),
)
REFUSED = ("terraform/prod.tfstate", "ck/spot", "ck/spotless/x", "ck/spot/../runctl/orders/r-1/1/spec.json", "ck/spot/./x",
           "/ck/spot/x", "ck/runctl/runs/r-1/run.json", "")
ALLOWED = ("ck/spot/i-0a1/checkpoints/epoch_1.pt", "ck/spot/i-0b2/checkpoints/epoch_0.pt", "ck/spot/a..b/c")


class Reach(unittest.TestCase):
    def test_a_manifest_names_objects_below_its_prefix_or_its_own_folder(self):
        for bucket, key, known, folder in FOLDERS:
            self.assertEqual(folder, folder_of(Location(bucket, key), STORE if known else None), key)

    def test_a_key_elsewhere_is_refused_and_named(self):
        at = Location("b", "ck/spot/i-0a1/checkpoints/epoch_1.pt.manifest.json")
        for key in REFUSED:
            with self.assertRaises(GuardError) as caught:
                check_keys({"files": [{"link": "a"}, {"key": ALLOWED[0]}, {"key": key}]}, at, STORE)
            self.assertEqual(("KeyRefused", key), (caught.exception.id, caught.exception.target))
            self.assertIn("does not lie below s3://b/ck/spot/", caught.exception.message)
        check_keys({"files": [{"key": key} for key in ALLOWED]}, at, STORE)
