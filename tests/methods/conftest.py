"""The random models of these tests, and proof after every test that it changed none of them."""
import pytest

from course_lib.models import weights_hash
from tests.methods.tiny_models import FAMILY, build_model


@pytest.fixture(scope="session")
def bases():
    """name -> (model, its hash)."""
    models = {name: build_model(name) for name in FAMILY}
    return {name: (model, weights_hash(model)) for name, model in models.items()}


@pytest.fixture
def base(bases):
    """base(name): that model. At the end of the test it has to be what it was: its weights, and what can be trained."""
    asked = set()

    def get(name):
        asked.add(name)
        return bases[name][0]

    yield get
    for name in asked:
        model, before = bases[name]
        assert weights_hash(model) == before, f"{name} was changed"
        assert all(parameter.requires_grad for parameter in model.parameters()), f"{name} stayed frozen"
        assert not any(parameter.grad is not None for parameter in model.parameters()), f"{name} has gradients"


@pytest.fixture
def model(base, case):
    """The model of the test's case."""
    return base(case.model)
