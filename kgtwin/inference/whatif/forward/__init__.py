"""Small published models that run forward: parameters from the ontology, forms from here or from other packages."""

from kgtwin.inference.whatif.forward.definitions import Model, models
from kgtwin.inference.whatif.forward.running import project

__all__ = ["Model", "models", "project"]
