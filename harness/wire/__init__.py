"""Plain data to bytes and back: the only way anything leaves a subject."""

from harness.wire.decode import decode, decode_with_id
from harness.wire.encode import encode
from harness.wire.frame import WireError, number_of, numbered

__all__ = ["WireError", "decode", "decode_with_id", "encode", "number_of", "numbered"]
