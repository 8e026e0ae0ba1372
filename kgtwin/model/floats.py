"""The finite values of ``xsd:double`` and ``xsd:float`` as exact decimals, and their neighbours."""

from __future__ import annotations

import math
import struct
from decimal import Decimal
from typing import NamedTuple


class FloatFormat(NamedTuple):
    """IEEE 754 in 64 bits (``code`` ``d``) or 32 (``f``)."""

    code: str

    def rounded(self, number: float) -> float:
        """The nearest value of the format.

        >>> FloatFormat("f").rounded(0.1)
        0.10000000149011612
        """
        try:
            found: float = struct.unpack(self.code, struct.pack(self.code, number))[0]
        except OverflowError:
            return math.copysign(math.inf, number)
        return found

    def value(self, text: str) -> float:
        """The value that a well-typed text denotes, of either zero and either infinity, too."""
        return self.rounded(float(text.strip().replace("INF", "inf")))

    def text(self, number: Decimal) -> str:
        """A lexical form that denotes the number."""
        if number.is_infinite():
            return "INF" if number > 0 else "-INF"
        return repr(float(number)).removesuffix(".0")

    def least(self, bound: Decimal, *, above: bool) -> Decimal | None:
        """The least value at a bound or above it, with the infinities; None where there is none."""
        found = self._near(bound)
        if found < bound or (above and found == bound):
            if found == math.inf:
                return None
            return self._next(found, 1)
        return found

    def most(self, bound: Decimal, *, below: bool) -> Decimal | None:
        """The greatest value at a bound or below it."""
        found = self.least(bound.copy_negate(), above=below)
        return None if found is None else found.copy_negate() if found else found

    def _near(self, bound: Decimal) -> Decimal:
        return Decimal(self.rounded(float(bound)))

    def _next(self, number: Decimal, sign: int) -> Decimal:
        """The neighbour of a value on one side; both zeros are one."""
        if self.code == "d":
            return Decimal(math.nextafter(float(number), math.copysign(math.inf, sign)))
        if number == 0:
            return Decimal(struct.unpack("f", struct.pack("I", 1))[0] * sign)
        bits: int = struct.unpack("I", struct.pack("f", float(number)))[0]
        bits += 1 if (number > 0) == (sign > 0) else -1
        return Decimal(struct.unpack("f", struct.pack("I", bits))[0])
