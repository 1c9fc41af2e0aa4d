"""How does a digital twin travel as JSON of 3GPP TS 28.561?

NDTFunction says what the twin can do, NDTJob asks it, NDTReport is the answer:
TS28561_NdtNrm.yaml 19.3.0, Rel-19.
"""

from gemel.interfaces.standards.ts28561_read import decode, read_job
from gemel.interfaces.standards.ts28561_write import encode

__all__ = ["decode", "encode", "read_job"]
