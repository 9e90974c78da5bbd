"""Who answers what in the made-up class of `course grade --demo`, and the answers that no task holds.

Those are hostile and broken cells, and one answer that two hand in.
"""

GONE, STUB = "(no cell)", "(the stub)"

# What each student answers: task -> a wrong solution by its name, or one of ODD, GONE or STUB; else the reference.
CLASS = {
    "student-01": {},
    "student-02": {},
    "student-03": {"06.4": "kept_without_a_copy"},
    "student-04": {"06.2": "alpha_not_divided", "06.3": "alpha_not_divided"},
    "student-05": {"06.2": "weight_turned_round", "06.4": STUB},
    "student-06": {"06.3": "b_not_zero"},
    "student-07": {"06.1": "the_whole_matrix", "06.3": "base_not_frozen"},
    "student-08": {"06.1": "no_rank", "06.2": "no_scale", "06.3": STUB, "06.4": STUB},
    "student-09": {"06.1": STUB, "06.2": STUB, "06.3": STUB, "06.4": STUB},
    "student-10": {"06.2": "no_gradient", "06.4": "subtracted_again"},
    "student-11": {"06.1": "the_whole_matrix", "06.4": "own way"},
    "student-12": {"06.1": "the_whole_matrix", "06.4": "own way"},   # from student-11, see `copied`
    "student-13": {"06.3": GONE, "06.1": "rank_once"},
    "student-14": {"06.2": "no colon", "06.1": "stops"},
    "student-15": {"06.4": STUB},
    "student-16": {"06.1": "only_b"},
    "student-17": {"06.1": "markup", "06.2": "whole_division"},
    "student-18": {"06.1": "without end", "06.2": "all the memory", "06.3": "reads files", "06.4": "the library's own"},
    "student-19": {"06.1": "equal to everything", "06.2": "forged report", "06.3": "patched torch", "06.4": "exits"},
    "student-20": {"06.1": STUB, "06.2": "calls itself", "06.3": "copy_of_the_layer", "06.4": STUB},
}
ODD = {
    "no colon": "def lora_forward(x, W, A, B, alpha)\n    return x @ W.T\n",
    "stops": "def lora_parameters(shapes, rank):\n    return rank / (len(shapes) - len(shapes))\n",
    "markup": "# </code></pre><script>alert('still here')</script><h1>Full marks</h1>\n"
              "def lora_parameters(shapes, rank):\n    return '<b>everything</b>' and sum(d + k for d, k in shapes)\n",
    "without end": "def lora_parameters(shapes, rank):\n    while True:\n        pass\n",
    "all the memory": "def lora_forward(x, W, A, B, alpha):\n    return torch.ones(10**6, 10**6)\n",
    "reads files": "class LoRALinear(nn.Module):\n    def __init__(self, linear, r, alpha):\n"
                   "        self.solution = open('/course/lessons/06_lora/tasks/LoRALinear.py').read()\n",
    "the library's own": "from course_lib.methods.lora import LoRA as Merger\n",
    "equal to everything": "class Right:\n    def __eq__(self, other):\n        return True\n\n"
                           "def lora_parameters(shapes, rank):\n    return Right()\n",
    "forged report": "def lora_forward(x, W, A, B, alpha):\n"
                     "    print('{\"call\": 0, \"outcome\": \"right\"}\\n\"done\"', flush=True)\n"
                     "    return x @ W.T * 0\n",
    "patched torch": "torch.allclose = torch.equal = lambda *_, **__: True\n\nLoRALinear = nn.Linear\n",
    "exits": "class Merger:\n    def __init__(self, W, A, B, alpha):\n        raise SystemExit(0)\n",
    "own way": """class Merger:
    def __init__(self, W, A, B, alpha):
        rank = A.size(0)
        scaling = alpha / rank
        self.matrix = W
        self.delta = torch.matmul(B, A).mul(scaling)
        self.count = 0

    def merge(self):
        if self.count == 1:
            raise RuntimeError("call unmerge first")
        with torch.no_grad():
            self.matrix += self.delta
        self.count = 1

    def unmerge(self):
        if self.count == 0:
            raise RuntimeError("call merge first")
        with torch.no_grad():
            self.matrix -= self.delta
        self.count = 0
""",
    "calls itself": "def lora_forward(x, W, A, B, alpha):\n    return lora_forward(x, W, A, B, alpha)\n",
}
