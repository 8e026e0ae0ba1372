"""Knowledge-graph embeddings: trained with PyKEEN (an extra), scored with numpy alone.

>>> from kgtwin.embeddings import default_artefact, load
>>> predictor = load(default_artefact())
>>> predictor.relations
('treats', 'palliates')
"""

from pathlib import Path

from kgtwin.embeddings.artefact import Artefact, load_artefact, load_manifest
from kgtwin.embeddings.config import TrainConfig, read_config
from kgtwin.embeddings.manifest import Manifest
from kgtwin.embeddings.predict import Prediction, Predictor, load
from kgtwin.embeddings.report import Report, evaluate_model, manifest_text, report_text
from kgtwin.embeddings.train import train_from_config

__all__ = [
    "Artefact",
    "Manifest",
    "Prediction",
    "Predictor",
    "Report",
    "TrainConfig",
    "default_artefact",
    "evaluate_model",
    "load",
    "load_artefact",
    "load_manifest",
    "manifest_text",
    "read_config",
    "report_text",
    "train_from_config",
]


def default_artefact() -> Path:
    """The folder of the model that ships with kgtwin."""
    return Path(__file__).parent / "artefacts" / "hetionet-open"
