"""What the student's code does while it runs, seen from inside of its process."""
from contextlib import contextmanager

CELL = "<your cell>"


def prepare():
    pass


class Watcher:
    def namespace(self):
        return {"__name__": "__task__"}

    def start(self):
        pass

    @contextmanager
    def looking(self):
        yield

    def said(self):
        return {}
