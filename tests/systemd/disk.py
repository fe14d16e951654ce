"""What a machine's disk holds, whatever kind of machine it is: one that has `path`, the place of a path of it here."""
import json
import os


class Disk:
    def exists(self, path):
        return os.path.exists(self.path(path))

    def read(self, path):
        with open(self.path(path), "rb") as file:
            return file.read()

    def json(self, path):
        try:
            return json.loads(self.read(path).decode())
        except (OSError, ValueError):
            return None
