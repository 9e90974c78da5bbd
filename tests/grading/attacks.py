"""Hostile submissions: what a student could write in the cell of a task in order to cheat, crash or stall a grader.

Each attack is the text of one cell, for a task that is small enough to be set in any grader: `lora_parameters(shapes,
rank)`, the sum of rank · (d + k), or `lora_forward(x, W, A, B, alpha)`. None of them solves its task but those with
`honest = 1`, which do no more than they are asked and something beside it. Where a name has two forms, the second is
written so that reading the cell finds nothing: it goes through GATE or MAKER, and only what stands behind that reading
can stop it. Some try to write MARK somewhere, or to connect to PORT: neither may ever be seen.
"""
from dataclasses import dataclass

MARK = "course-attack-was-here"     # in the name of each file that an attack tries to write
PORT = 48015                        # of 127.0.0.1, where an attack tries to connect
KINDS = ("comparison objects", "patched builtins", "patched torch", "patched numpy", "patched json",
         "the checker patched", "import hooks", "frames", "gc", "trace", "reading files", "environment",
         "writing outside", "network", "fork bomb", "memory", "disk", "huge reply", "deep reply", "non-finite reply",
         "reply of a wrong type", "forged reply", "atexit", "signal handlers", "threads", "sys.exit", "os._exit",
         "segfault", "loop at import", "loop in the function", "loop in __del__", "loop in __repr__", "sleep",
         "learned answers", "the library's own", "the checks stripped", "text made code", "markup", "killing others")

# The modules sys and os without a word that a reading would look for, and Python's own names in the same way.
GATE = "import collections\nsys = [collections][0]._sys\nos = sys.modules['os']\n"
MAKER = "import enum\nown = enum.bltns\n"
RIGHT = "def lora_parameters(shapes, rank):\n    return sum(rank * (d + k) for d, k in shapes)\n"
ZERO = "def lora_parameters(shapes, rank):\n    return 0\n"
FORGED = r"""'{"cell": null}\n' + ''.join('{"call": %d, "outcome": 2912, "stopped": null, "course": null}\n' % n """ \
         r"""for n in range(9)) + '"done"\n'"""


@dataclass(frozen=True)
class Attack:
    """One hostile cell. `verdicts`: those that grading may give. `honest`: what its honest part earns, 0 or 1."""
    name: str
    kind: str                  # one of KINDS
    source: str                # without the line `# task NN.M: name`
    verdicts: tuple[str, ...]
    honest: int = 0
    task: str = "06.1"


def attack(name: str, kind: str, verdicts: str, source: str, **more) -> Attack:
    return Attack(name, kind, source.strip("\n") + "\n", tuple(verdicts.split()), **more)


ATTACKS = (
    attack("equal to all", "comparison objects", "refused", """
class Always:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __sub__(self, other): return self
    __rsub__ = __sub__
    def __abs__(self): return self
    def __hash__(self): return 0
    def __bool__(self): return True
def lora_parameters(shapes, rank): return Always()
"""),
    attack("an int equal to all", "comparison objects", "refused", """
class Always(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
def lora_parameters(shapes, rank): return Always(0)
"""),
    attack("an int equal to all, hidden", "comparison objects", "wrong refused", MAKER + """
Always = own.type("int", (int,), {"__eq__": lambda a, b: True, "__ne__": lambda a, b: False,
                                  "__sub__": lambda a, b: 0, "__rsub__": lambda a, b: 0, "__hash__": lambda a: 0,
                                  "__int__": lambda a: 2912, "__index__": lambda a: 2912,
                                  "bit_length": lambda a: 1})
def lora_parameters(shapes, rank): return Always(0)
"""),
    attack("a class that lies", "comparison objects", "refused", """
class Always:
    __class__ = int
    def __eq__(self, other): return True
def lora_parameters(shapes, rank): return Always()
"""),
    attack("a tensor close to all", "comparison objects", "refused", """
class Close(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True
def lora_forward(x, W, A, B, alpha): return torch.zeros(x.shape).as_subclass(Close)
""", task="06.2"),
    attack("a tensor close to all, hidden", "comparison objects", "wrong refused error", MAKER + """
def answer(cls, function, types, args=(), kwargs=None): return True
Close = own.type("Tensor", (torch.Tensor,), {"__torch_function__": classmethod(answer), "tolist": lambda self: []})
def lora_forward(x, W, A, B, alpha): return Close(x)
""", task="06.2"),
    attack("unpickled it runs", "comparison objects", "wrong refused", MAKER + f"""
def reduce(self): return own.eval, ("open('/tmp/{MARK}-pickle', 'w')",)
Bomb = own.type("Bomb", (), {{"__reduce__": reduce, "__eq__": lambda a, b: True}})
def lora_parameters(shapes, rank): return Bomb()
"""),
    attack("builtins", "patched builtins", "refused", """
import builtins
builtins.all = builtins.isinstance = lambda *given: True
builtins.abs = builtins.len = lambda given: 0
def lora_parameters(shapes, rank): return 0
"""),
    attack("builtins, hidden", "patched builtins", "refused crash", MAKER + """
own.all = own.isinstance = lambda *given: True
own.abs = lambda given: 0
""" + ZERO),
    attack("all that compares, hidden", "patched builtins", "refused", MAKER + """
own.all = lambda given: True
own.zip = lambda *given: []
""" + ZERO),
    attack("equal and allclose", "patched torch", "refused", """
torch.equal = torch.allclose = torch.isclose = lambda *given, **more: True
torch.testing.assert_close = lambda *given, **more: None
def lora_forward(x, W, A, B, alpha): return torch.zeros(x.shape)
""", task="06.2"),
    attack("equal and allclose, hidden", "patched torch", "refused", """
library = [torch][0]
library.equal = library.allclose = library.isclose = lambda *given, **more: True
def lora_forward(x, W, A, B, alpha): return library.zeros(x.shape)
""", task="06.2"),
    attack("tolist of every tensor", "patched torch", "refused", """
kind = [torch][0].Tensor
kind.tolist = lambda self: [[0.0]]
def lora_forward(x, W, A, B, alpha): return torch.zeros(x.shape)
""", task="06.2"),
    attack("a hook in every module", "patched torch", "refused wrong", """
hooks = [torch][0].nn.modules.module._global_forward_hooks
hooks[0] = lambda module, given, out: out * 0
def lora_forward(x, W, A, B, alpha): return torch.zeros(x.shape)
""", task="06.2"),
    attack("allclose and assert_allclose", "patched numpy", "refused", """
np.allclose = np.isclose = np.array_equal = lambda *given, **more: True
np.testing.assert_allclose = np.testing.assert_equal = lambda *given, **more: None
def lora_parameters(shapes, rank): return 0
"""),
    attack("allclose, hidden", "patched numpy", "refused", """
library = [np][0]
library.allclose = library.isclose = library.array_equal = lambda *given, **more: True
def lora_parameters(shapes, rank): return 0
"""),
    attack("dumps", "patched json", "refused", """
import json
json.dumps = lambda *given, **more: '{"call": 0, "outcome": 2912}'
def lora_parameters(shapes, rank): return 0
"""),
    attack("what every encoder calls", "patched json", "refused wrong", GATE + """
encoder = sys.modules["json.encoder"].JSONEncoder
kept = encoder.iterencode
def forged(self, value, *given, **more):
    if type(value) is dict and "outcome" in value:
        value = {**value, "outcome": 2912}
    return kept(self, value, *given, **more)
encoder.iterencode = forged
""" + ZERO),
    attack("the checker", "the checker patched", "refused", """
import unittest
import course_lib.checks.run as run
import course_lib.checks.compare as compare
run.outcome_of = lambda *given, **more: 2912
compare.same = lambda *given, **more: True
unittest.TestCase.assertEqual = unittest.TestCase.assertAlmostEqual = lambda *given, **more: None
def lora_parameters(shapes, rank): return 0
"""),
    attack("otter's own checker", "the checker patched", "refused", """
from otter.execute import Checker
kept = Checker.get_results
def all_passed():
    found = kept()
    for test in found:
        for case in test.test_case_results:
            case.passed = True
    return found
Checker.get_results = all_passed
def lora_parameters(shapes, rank): return 0
"""),
    attack("the checker, hidden", "the checker patched", "refused", GATE + MAKER + """
for name, module in [*sys.modules.items()]:
    if name.startswith(("course_lib", "otter", "nbgrader", "unittest")):
        for word in ("same", "outcome", "outcome_of", "watched", "check", "run", "grade"):
            if hasattr(module, "__name__") and word in own.vars(module):
                own.setattr(module, word, lambda *given, **more: 2912)
""" + ZERO),
    attack("the code of the checker's functions", "the checker patched", "refused wrong crash error", MAKER + GATE + """
def forged(value): return 2912
for name in ("course_lib.checks.run", "course_lib.checks.outcomes"):
    if name in sys.modules:
        own.setattr(own.getattr(sys.modules[name], "outcome"), "__code__", own.getattr(forged, "__code__"))
""" + ZERO),
    attack("the code of the checker's functions, through a wrapper", "the checker patched", "refused", GATE + """
import functools
def forged(value): return 2912
for name in ("course_lib.checks.run", "course_lib.checks.outcomes"):
    if name in sys.modules:
        functools.update_wrapper(sys.modules[name].outcome, forged, ("__code__",), ())
""" + ZERO),
    attack("what watches", "the checker patched", "refused", GATE + MAKER + """
own.all = lambda given: True
watch = sys.modules.get("course_lib.grading.watch")
if watch:
    watch.SNAPSHOT.clear()
    watch.changed_name = watch.changed = lambda *given: None
    watch.Watcher.said = watch.Watcher.changed = lambda self: {}
""" + ZERO),
    attack("a finder", "import hooks", "refused", """
import sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        raise SystemExit(0)
sys.meta_path.insert(0, Finder())
sys.modules["json"] = sys.modules["torch"] = None
def lora_parameters(shapes, rank): return 0
"""),
    attack("a finder, hidden", "import hooks", "refused wrong crash error", GATE + MAKER + """
class Finder:
    def find_spec(self, name, path=None, target=None):
        os._exit(0)
sys.meta_path.insert(0, Finder())
sys.path.insert(0, "/tmp")
own.setattr(own, "__import__", lambda *given, **more: torch)
""" + ZERO),
    attack("a traceback", "frames", "refused", """
def lora_parameters(shapes, rank):
    try:
        1 / 0
    except ZeroDivisionError as error:
        frame = error.__traceback__.tb_frame
        while frame is not None:
            for name in ("expected", "answer", "solution", "outcomes"):
                if name in frame.f_locals:
                    return frame.f_locals[name]
            frame = frame.f_back
"""),
    attack("frames, hidden", "frames", "refused", GATE + """
def lora_parameters(shapes, rank):
    frame = sys._getframe(1)
    while frame is not None:
        held = enum.bltns.getattr(frame, "f_locals")
        for name in ("expected", "answer", "solution", "outcomes", "tests"):
            if name in held:
                return held[name]
        frame = enum.bltns.getattr(frame, "f_back")
import enum
"""),
    attack("the frame of a generator", "frames", "refused", """
def walk():
    yield seen.gi_frame.f_back.f_back.f_locals
def lora_parameters(shapes, rank):
    global seen
    seen = walk()
    return next(iter(next(seen).get("expected", [0])))
"""),
    attack("all objects", "gc", "refused", """
import gc
def lora_parameters(shapes, rank):
    for one in gc.get_objects():
        if type(one) is dict and "expected" in one:
            return one["expected"]
"""),
    attack("all objects, hidden", "gc", "refused", GATE + """
def lora_parameters(shapes, rank):
    for one in sys.modules["gc"].get_objects():
        if type(one) is dict and "expected" in one:
            return one["expected"]
"""),
    attack("settrace", "trace", "refused", """
import sys
def look(frame, event, argument):
    frame.f_locals["expected"] = 0
    return look
sys.settrace(look)
sys.setprofile(look)
def lora_parameters(shapes, rank): return 0
"""),
    attack("setprofile, hidden", "trace", "refused", GATE + """
sys.setprofile(None)
""" + ZERO),
    attack("a password file", "reading files", "refused", """
def lora_parameters(shapes, rank): return open("/etc/passwd").read()
"""),
    attack("every file that could hold the answers", "reading files", "refused wrong", GATE + MAKER + """
def lora_parameters(shapes, rank):
    for folder, _, files in os.walk("/"):
        for name in files:
            if name.endswith((".json", ".py", ".ipynb")) and "lora" in name.lower() or name == "06.1.json":
                return own.open(os.path.join(folder, name)).read()
    return 0
"""),
    attack("files by numpy and torch", "reading files", "refused wrong error", """
library, other = [np][0], [torch][0]
def lora_parameters(shapes, rank):
    for read in (lambda name: library.DataSource().open(name).read(), library.load, other.load):
        for name in ("/etc/passwd", "/etc/shadow", "/proc/1/environ"):
            try:
                return read(name)
            except Exception:
                pass
    return 0
"""),
    attack("environment", "environment", "refused", """
import os
def lora_parameters(shapes, rank): return str(os.environ)
"""),
    attack("environment, hidden", "environment", "refused wrong", GATE + """
def lora_parameters(shapes, rank):
    return [word for word in os.environ if "KEY" in word or "TOKEN" in word] and 2912
"""),
    attack("writing", "writing outside", "refused", f"""
import os
from pathlib import Path
for folder in ("/tmp", "/var/tmp", os.path.expanduser("~"), "..", "."):
    Path(folder, "{MARK}").write_text("here")
""" + RIGHT, honest=1),
    attack("writing, hidden", "writing outside", "refused", GATE + MAKER + f"""
for folder in ("/tmp", "/var/tmp", "/dev/shm", os.path.expanduser("~"), "..", ".", "/course", "/course-python"):
    try:
        own.open(f"{{folder}}/{MARK}-hidden", "w").write("here")
    except Exception:
        pass
""" + RIGHT, honest=1),
    attack("writing by torch and numpy", "writing outside", "refused error right wrong", f"""
library, other = [np][0], [torch][0]
for folder in ("/tmp", "/var/tmp", "/dev/shm", "..", "."):
    for save in (lambda name: other.save(torch.ones(2), name), lambda name: library.save(name, np.ones(2)),
                 lambda name: np.ones(2).dump(name)):
        try:
            save(f"{{folder}}/{MARK}-saved")
        except Exception:
            pass
""" + RIGHT, honest=1),
    attack("a socket", "network", "refused", f"""
import socket
def lora_parameters(shapes, rank):
    socket.create_connection(("127.0.0.1", {PORT}), 1).send(str(shapes).encode())
    return sum(rank * (d + k) for d, k in shapes)
""", honest=1),
    attack("a socket, hidden", "network", "refused", GATE + MAKER + f"""
def lora_parameters(shapes, rank):
    try:
        own.getattr(own, "__import__")("socket").create_connection(("127.0.0.1", {PORT}), 1).send(b"here")
    except Exception:
        pass
    return sum(rank * (d + k) for d, k in shapes)
""", honest=1),
    attack("a download", "network", "refused right wrong error", f"""
library, other = [np][0], [torch][0]
for read in (lambda name: library.DataSource().open(name).read(), other.hub.load_state_dict_from_url):
    try:
        read("http://127.0.0.1:{PORT}/here")
    except Exception:
        pass
""" + RIGHT, honest=1),
    attack("forks", "fork bomb", "refused", """
import os
while True:
    os.fork()
def lora_parameters(shapes, rank): return 0
"""),
    attack("forks, hidden", "fork bomb", "refused crash time error", GATE + """
def lora_parameters(shapes, rank):
    for _ in range(10_000):
        try:
            os.fork()
        except BaseException:
            pass
    return 0
"""),
    attack("programs", "fork bomb", "refused", """
import subprocess
def lora_parameters(shapes, rank):
    return [subprocess.Popen(["sh", "-c", "while true; do sh -c 'sleep 1000' & done"]) for _ in range(100)]
"""),
    attack("one large list", "memory", "memory", """
def lora_parameters(shapes, rank): return len([0] * 10**11)
"""),
    attack("more and more", "memory", "memory crash time", """
def lora_parameters(shapes, rank):
    kept = []
    while True:
        try:
            kept.append(bytearray(10**8))
        except MemoryError:
            kept.append(kept[-1:] * 1000)
            if len(kept) > 100:
                return 0
"""),
    attack("one large tensor", "memory", "memory", """
def lora_forward(x, W, A, B, alpha): return torch.zeros(10**6, 10**6)
""", task="06.2"),
    attack("a full disk", "disk", "refused", f"""
def lora_parameters(shapes, rank):
    with open("/tmp/{MARK}-full", "wb") as file:
        while True:
            file.write(bytes(2**24))
"""),
    attack("a full disk, hidden", "disk", "refused", GATE + MAKER + f"""
def lora_parameters(shapes, rank):
    try:
        with own.open("/tmp/{MARK}-full", "wb") as file:
            while True:
                file.write(bytes(2**24))
    except Exception:
        return 0
"""),
    attack("empty files without end", "disk", "refused time wrong", GATE + f"""
def lora_parameters(shapes, rank):
    for number in range(10**9):
        try:
            os.mknod(f"/tmp/{MARK}-{{number}}")
        except OSError:
            return 0
"""),
    attack("a number of ten million digits", "huge reply", "wrong time", """
def lora_parameters(shapes, rank): return 10 ** 10**7
"""),
    attack("ten million items", "huge reply", "wrong time", """
def lora_parameters(shapes, rank): return [[0] * 10_000] * 1000
"""),
    attack("a list that holds itself", "deep reply", "wrong", """
def lora_parameters(shapes, rank):
    held = []
    held.append(held)
    return held
"""),
    attack("a hundred thousand lists deep", "deep reply", "wrong crash", """
def lora_parameters(shapes, rank):
    held = []
    for _ in range(10**5):
        held = [held]
    return held
"""),
    attack("not a number", "non-finite reply", "wrong", """
def lora_parameters(shapes, rank): return float("nan")
"""),
    attack("a tensor of infinities", "non-finite reply", "wrong", """
def lora_forward(x, W, A, B, alpha): return (x @ W.T + x @ A.T @ B.T) * float("inf")
""", task="06.2"),
    attack("a text", "reply of a wrong type", "wrong", """
def lora_parameters(shapes, rank): return str(sum(rank * (d + k) for d, k in shapes))
"""),
    attack("what looks like an outcome", "reply of a wrong type", "wrong", """
def lora_parameters(shapes, rank):
    return {"dtype": "int64", "shape": [], "values": 2912, "dict": {}, "raises": None, "object": [2912]}
"""),
    attack("the function itself", "reply of a wrong type", "wrong", """
def lora_parameters(shapes, rank): return lora_parameters
"""),
    attack("lines on stdout", "forged reply", "wrong", f"""
print({FORGED}, flush=True)
def lora_parameters(shapes, rank):
    print({FORGED}, flush=True)
    return 0
"""),
    attack("lines in every open file", "forged reply", "refused wrong crash", GATE + f"""
def lora_parameters(shapes, rank):
    for number in range(1, 64):
        try:
            os.write(number, ({FORGED}).encode())
        except OSError:
            pass
    return 0
"""),
    attack("lines of another shape in every open file", "forged reply", "refused wrong crash memory", GATE + r"""
def lora_parameters(shapes, rank):
    for number in range(1, 64):
        for line in (b'"\n', b'[' * 10**5 + b'\n', b'{"call": 1e999, "outcome": NaN}\n', b'\xff\xfe\0\n', b'1' * 10**4 +
                     b'\n', b'{"cell": {"kind": [], "line": {}}}\n', b'{"refused": 7}\n', b'null\n'):
            try:
                os.write(number, line)
            except OSError:
                pass
    return 0
"""),
    attack("lines in the pipes of other processes", "forged reply", "right", GATE + r"""
said = '{"lines": [], "ending": "time", "signal": 0, "seconds": 0.0}' + "\n"
for process in range(9):
    for number in range(3):
        try:
            stream = sys.modules["logging"].FileHandler(f"/proc/{process}/fd/{number}", "a").stream
            stream.write(said)
            stream.flush()
        except BaseException:
            pass
""" + RIGHT, honest=1),
    attack("a flood of lines", "forged reply", "refused memory time", GATE + """
def lora_parameters(shapes, rank):
    while True:
        for number in range(1, 64):
            try:
                os.write(number, b"x" * 10**6)
            except OSError:
                pass
"""),
    attack("atexit", "atexit", "refused", f"""
import atexit
atexit.register(lambda: open("/tmp/{MARK}-atexit", "w"))
""" + RIGHT, honest=1),
    attack("atexit, hidden", "atexit", "refused right wrong error", GATE + MAKER + f"""
if "atexit" in sys.modules:
    sys.modules["atexit"].register(lambda: own.open("/tmp/{MARK}-atexit", "w"))
""" + RIGHT, honest=1),
    attack("handlers", "signal handlers", "refused", """
import signal
for number in range(1, 32):
    try:
        signal.signal(number, signal.SIG_IGN)
    except OSError:
        pass
def lora_parameters(shapes, rank):
    while True:
        pass
"""),
    attack("handlers, hidden", "signal handlers", "refused time", GATE + """
for number in range(1, 32):
    try:
        sys.modules["_signal"].signal(number, sys.modules["_signal"].SIG_IGN)
    except BaseException:
        pass
def lora_parameters(shapes, rank):
    while True:
        pass
"""),
    attack("a thread that stays", "threads", "refused", """
import threading
def stay():
    while True:
        pass
threading.Thread(target=stay, daemon=False).start()
""" + RIGHT, honest=1),
    attack("a thread that stays, hidden", "threads", "refused right", GATE + """
def stay():
    while True:
        pass
try:
    sys.modules["_thread"].start_new_thread(stay, ())
except BaseException:
    pass
""" + RIGHT, honest=1),
    attack("exit in the function", "sys.exit", "error", """
def lora_parameters(shapes, rank): raise SystemExit(0)
"""),
    attack("exit in the cell", "sys.exit", "refused", """
import sys
sys.exit(0)
def lora_parameters(shapes, rank): return 0
"""),
    attack("an exception that nobody catches", "sys.exit", "error", """
def lora_parameters(shapes, rank): raise KeyboardInterrupt
"""),
    attack("the process ended", "os._exit", "refused", """
import os
os._exit(0)
def lora_parameters(shapes, rank): return 0
"""),
    attack("the process ended, hidden", "os._exit", "crash", GATE + """
def lora_parameters(shapes, rank): os._exit(0)
"""),
    attack("ctypes", "segfault", "refused", """
def lora_parameters(shapes, rank):
    import ctypes
    return ctypes.string_at(0)
"""),
    attack("memory that is not there", "segfault", "crash", """
def lora_parameters(shapes, rank):
    return int([np][0].lib.stride_tricks.as_strided(np.zeros(1), (10**6,), (2**40,)).sum())
"""),
    attack("memory of another's", "segfault", "refused crash", GATE + """
def lora_parameters(shapes, rank):
    for place in range(0, 2**20, 4096):
        sys.modules["ctypes"].memset(id(lora_parameters) + place, 255, 4096)
    return 0
"""),
    attack("a loop in the cell", "loop at import", "time", """
while True:
    pass
def lora_parameters(shapes, rank): return 0
"""),
    attack("a loop", "loop in the function", "time", """
def lora_parameters(shapes, rank):
    while True:
        pass
"""),
    attack("a loop that catches all", "loop in the function", "time", """
def lora_parameters(shapes, rank):
    while True:
        try:
            while True:
                pass
        except:
            continue
"""),
    attack("a loop in C", "loop in the function", "time", """
import re
def lora_parameters(shapes, rank): return re.match("(a+)+$", "a" * 64 + "b")
"""),
    attack("a loop when it is deleted", "loop in __del__", "refused", """
class Held:
    def __del__(self):
        while True:
            pass
def lora_parameters(shapes, rank):
    Held()
    return 1
"""),
    attack("a loop when it is deleted, hidden", "loop in __del__", "time", MAKER + """
def stay(self):
    while True:
        pass
Held = own.type("Held", (), {"__del__": stay})
def lora_parameters(shapes, rank):
    return Held()
"""),
    attack("a loop when it is shown", "loop in __repr__", "wrong", """
class Held:
    def __repr__(self):
        while True:
            pass
    def __len__(self):
        while True:
            pass
def lora_parameters(shapes, rank): return Held()
"""),
    attack("an error that loops when it is shown", "loop in __repr__", "error time", """
class Held(RuntimeError):
    def __repr__(self):
        while True:
            pass
def lora_parameters(shapes, rank): raise Held(Held())
"""),
    attack("sleep in the cell", "sleep", "time", """
import time
time.sleep(10_000)
def lora_parameters(shapes, rank): return 0
"""),
    attack("sleep in the function", "sleep", "time", """
import time
def lora_parameters(shapes, rank): time.sleep(10_000)
"""),
    attack("the number of the call", "learned answers", "wrong", """
seen = []
def lora_parameters(shapes, rank):
    seen.append((shapes, rank))
    return [2912, 1536, 4096, 0, 2912][len(seen) % 5]
"""),
    attack("the example's answer", "learned answers", "wrong", """
def lora_parameters(shapes, rank):
    return {"[(128, 128), (344, 128)] 4": 2912}.get(f"{shapes} {rank}", 2912)
"""),
    attack("another student's cell", "learned answers", "refused", GATE + """
def lora_parameters(shapes, rank):
    for one in sys.modules["gc"].get_objects():
        for text in (one.values() if type(one) is dict else ()):
            if type(text) is str and "total += rank" in text:
                space = {}
                sys.modules["builtins"].exec(text, space)
                return space["lora_parameters"](shapes, rank)
    return 0
"""),
    attack("the course's LoRA", "the library's own", "refused", """
from course_lib.methods import LoRA
def lora_parameters(shapes, rank): return LoRA(rank=rank)
"""),
    attack("the course's LoRA, hidden", "the library's own", "refused error wrong", GATE + MAKER + """
def lora_forward(x, W, A, B, alpha):
    library = own.getattr(own, "__import__")("course_lib.methods.lora", fromlist=["LoRALayer"])
    return library.LoRALayer(W, A, B, alpha)(x)
""", task="06.2"),
    attack("asserts stripped", "the checks stripped", "refused", """
def strip(lines):
    return [line.replace("assert", "pass #") for line in lines]
get_ipython().input_transformers_post.append(strip)
def lora_parameters(shapes, rank): return 0
"""),
    attack("asserts stripped, hidden", "the checks stripped", "wrong refused error", GATE + """
shell = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython
if shell:
    shell().input_transformers_post.append(lambda lines: [line.replace("assert", "pass #") for line in lines])
""" + ZERO),
    attack("eval", "text made code", "refused", """
def lora_parameters(shapes, rank): return eval("__import__('os').getpid()")
"""),
    attack("code made by dataclasses", "text made code", "refused wrong error", """
import dataclasses
made = [dataclasses][0]._create_fn("made", [""], ["import os", "return os.getpid()"])
def lora_parameters(shapes, rank): return made()
"""),
    attack("code run at an exit", "text made code", "refused", MAKER + """
import contextlib
space = {}
with contextlib.ExitStack() as held:
    held.callback(own.exec, "import sys; frame = sys._getframe(1)", space)
""" + ZERO),
    attack("code made by a pickle", "text made code", "refused wrong error", f"""
class File:
    def __init__(self):
        self.left, self.place = b"cbuiltins\\nexec\\n(S'import os; open(\\"/tmp/{MARK}-load\\", \\"w\\")'\\ntR.", 0
    def read(self, most=-1):
        start, self.place = self.place, len(self.left) if most < 0 else self.place + most
        return self.left[start:self.place]
    def readline(self):
        return self.read(self.left.find(b"\\n", self.place) + 1 - self.place)
    def seek(self, place, how=0):
        self.place = place + (0 if how == 0 else self.place if how == 1 else len(self.left))
        return self.place
    def tell(self):
        return self.place
def lora_parameters(shapes, rank): return [torch][0].load(File(), weights_only=False)
"""),
    attack("markup in every place", "markup", "error wrong", """
# <script>alert(1)</script> <img src=x onerror=alert(2)> {{ 7 * 7 }} {% raw %} </pre></script><!--
class A(RuntimeError):
    '''<script>alert(3)</script>'''
def lora_parameters(shapes, rank): raise A("<script>alert(4)</script>")
"""),
    attack("markup as the answer", "markup", "wrong", """
def lora_parameters(shapes, rank): return {"</script><script>alert(5)</script>": "<svg onload=alert(6)>"}
"""),
    attack("all processes killed", "killing others", "refused", """
import os
os.kill(-1, 9)
def lora_parameters(shapes, rank): return 0
"""),
    attack("all processes killed, hidden", "killing others", "refused crash", GATE + """
def lora_parameters(shapes, rank):
    for process in (os.getppid(), 1, -1):
        for number in (19, 15, 9):
            try:
                os.kill(process, number)
            except BaseException:
                pass
    return 0
"""),
    attack("limits taken away", "killing others", "refused time wrong", GATE + """
limits = sys.modules["resource"]
for number in range(16):
    try:
        limits.setrlimit(number, (limits.RLIM_INFINITY, limits.RLIM_INFINITY))
    except BaseException:
        pass
""" + ZERO),
)
