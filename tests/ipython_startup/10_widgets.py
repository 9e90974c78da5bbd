"""In every kernel of the tests: an argument that ipywidgets would ignore silently is an error."""
import warnings

warnings.filterwarnings("error", message="Passing unrecognized arguments")
