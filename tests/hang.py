"""When a test gives up on what it waits for: only what hangs takes so long, on whatever computer, beside whatever runs.

No test asserts how long something takes; `course bench` measures that.
"""
HANGS = 600  # seconds
