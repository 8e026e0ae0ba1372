"""FHIR R4 in JSON: Bundles, single resources, Bulk Data NDJSON, compressed or not.

``read`` takes files, folders and standard input, ``decode`` one document in memory; both give ``Submission`` values
and never raise on bad data: what is wrong is a ``Problem`` of the submission, and the rest of it stands.
"""

from kgtwin.sources.fhir.bundles import bundle_type
from kgtwin.sources.fhir.reader import decode, read
from kgtwin.sources.fhir.requests import Request

__all__ = ["Request", "bundle_type", "decode", "read"]
