"""The process inside the sandbox: it imports torch once, and forks a child for each task.

It runs no student code itself. What a child writes into its pipe goes to the host as it is, bounded in size and time;
only the host reads it. Behind each task all else that lives in the sandbox is killed. The same program, in another
process that never meets a submission, draws inputs and computes what is expected of them.

A job is a line of JSON on stdin, the answer a line on stdout:

    {"kind": "student", "source", "name", "probe", "gradients", "inputs", "limits"}
        -> {"lines": [text, ...], "ending": "" | "time" | "output" | "crash", "signal": number, "seconds": CPU seconds}
    {"kind": "reference", "checks", "reference", "name", "gradients", "seeds"}
        -> {"inputs": [...], "expected": [...]}
"""
import ctypes
import json
import os
import select
import signal
import sys
import time

from course_lib.grading import running

DEATH_SIGNAL, DUMPABLE = 1, 4              # prctl's numbers
LANDLOCK_RULES, LANDLOCK_RESTRICT = 444, 446   # system calls, the same on every processor
CHANGES = 1 << 1 | sum(1 << bit for bit in range(4, 13))   # to write, remove or make a file of any kind


def main(sandboxed: bool) -> None:
    """Answer jobs until the host closes the line."""
    host = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    ctypes.CDLL(None).prctl(DUMPABLE, 0, 0, 0, 0)   # no child may look into this process
    signal.signal(signal.SIGINT, signal.SIG_DFL)    # nor, where this one is its namespace's first, end it
    running.prepare()
    say(host, "ready")
    for line in iter(sys.stdin.buffer.readline, b""):
        job = json.loads(line)
        say(host, running.reference(job) if job["kind"] == "reference" else student(job, sandboxed))


def say(host: int, answer) -> None:
    text = json.dumps(answer).encode() + b"\n"
    while text:
        text = text[os.write(host, text):]


def student(job: dict, sandboxed: bool) -> dict:
    """Run a job in a child, and say what it wrote and how it ended."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            alone(write)
            running.student(job, write)
        finally:
            os._exit(0)
    os.close(write)
    lines, ending = collect(read, job["limits"])
    os.close(read)
    os.kill(child, signal.SIGKILL)
    _, status, used = os.wait4(child, 0)
    if sandboxed:
        kill_all()
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if not ending and number == signal.SIGXCPU:
        ending = "time"
    done = lines[-1:] == ['"done"']
    return {"lines": lines, "ending": ending or ("" if done else "crash"), "signal": number,
            "seconds": used.ru_utime + used.ru_stime}


def alone(write: int) -> None:
    """In the child: keep no file but the pipe, and end with the worker."""
    os.setsid()
    ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    os.closerange(3, write)
    os.closerange(write + 1, 1024)
    seal()


def seal() -> None:
    """From here on this process changes no file and looks into no other process, where Linux knows Landlock (5.13).

    Where it does not, files without content can be made in the sandbox's own /tmp.
    """
    libc, changes = ctypes.CDLL(None), ctypes.c_uint64(CHANGES)
    rules = libc.syscall(LANDLOCK_RULES, ctypes.byref(changes), ctypes.sizeof(changes), 0)
    if rules >= 0:
        libc.syscall(LANDLOCK_RESTRICT, rules, 0)
        os.close(rules)


def collect(read: int, limits: dict) -> tuple[list[str], str]:
    """The lines that the child wrote until it was done, and how that ended: "" or "time" or "output"."""
    kept, start = b"", time.monotonic()
    last = start
    while not kept.endswith(b'\n"done"\n'):
        left = min(start + limits["task"], last + limits["call"]) - time.monotonic()
        if left <= 0 or not select.select([read], [], [], left)[0]:
            return texts(kept), "time"
        more = os.read(read, 2**16)
        if not more:
            break
        kept += more
        if len(kept) > limits["bytes"]:
            return texts(kept[:limits["bytes"]]), "output"
        if b"\n" in more:
            last = time.monotonic()
    return texts(kept), ""


def texts(kept: bytes) -> list[str]:
    """The whole lines among these bytes."""
    return kept.decode("utf-8", "replace").split("\n")[:-1]


def kill_all() -> None:
    """Kill and bury whatever else lives in this pid namespace."""
    while True:
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            pass
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


if __name__ == "__main__":
    main("--no-sandbox" not in sys.argv)
