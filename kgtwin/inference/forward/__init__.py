"""Small published models that run forward: parameters from the ontology, forms from here or from other packages."""

from kgtwin.inference.forward.definitions import Model, models
from kgtwin.inference.forward.running import project

__all__ = ["Model", "models", "project"]
