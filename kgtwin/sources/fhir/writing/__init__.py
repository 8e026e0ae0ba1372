"""Facts and patients as FHIR R4 resources again, such that reading them gives the same facts."""

from kgtwin.sources.fhir.writing.resources import patient_resource, resources_of, to_line

__all__ = ["patient_resource", "resources_of", "to_line"]
