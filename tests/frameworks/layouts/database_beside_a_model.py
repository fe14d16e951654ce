"""The model in place, and an SQLite database with its journal that knows the step."""
import sqlite3
from lib import *

os.makedirs(d, exist_ok=True)
store = sqlite3.connect(f"{d}/state.db")
store.execute("pragma journal_mode=wal")
store.execute("create table if not exists steps (step integer, data blob)")


def save(step):
    with store:
        store.execute("insert into steps values (?, ?)", (step, os.urandom(20000)))
    archive(f"{d}/model.pt", step)


def load(path):
    if not path:
        return None
    assert path.endswith("model.pt")
    step = store.execute("select max(step) from steps").fetchone()[0]
    assert step == step_of(path)
    return step


loop(save, load)
