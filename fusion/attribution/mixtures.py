"""What an industry gives off: masses of species relative to each other, by class of GB/T 4754-2017."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

_CODE = re.compile(r"[A-T]?(\d{2,4})(?!\d)")

_SICHUAN = "Xu et al. 2020, Environmental Science (China) 41(7), 3031: cars, furniture, boards and lacquer in Sichuan"
_BEIJING = (
    "Fang et al. 2019, Environmental Science (China) 40(10), 4395: furniture 19 % aromatics, printing below 10 %"
)
_GUIYANG = "Zhang et al. 2024, J. Environ. Sci. 36, 546: toluene over xylene below 2 for painting, above for printing"
_REVIEW = "Atmosphere 2023, 14, 878, doi:10.3390/atmos14050878: profiles of solvent use in China"


@dataclass(frozen=True)
class Mixture:
    """Shares of species by mass relative to each other; what is not named is below the floor. ``source``: whence."""

    shares: Mapping[str, float]
    source: str


_PAINT = {"tvoc": 1.0, "toluene": 0.1, "xylene": 0.3}

MIXTURES: Mapping[str, Mixture] = {
    "20": Mixture({"tvoc": 1.0}, f"97 % with oxygen, three quarters formaldehyde: {_SICHUAN}"),
    "21": Mixture(
        {"tvoc": 1.0, "toluene": 0.15, "xylene": 0.15, "pm25": 0.02}, f"choice within {_BEIJING}; {_SICHUAN}"
    ),
    "23": Mixture({"tvoc": 1.0, "toluene": 0.05, "xylene": 0.02}, f"choice within {_BEIJING}; {_GUIYANG}"),
    "264": Mixture({"tvoc": 1.0, "toluene": 0.15, "xylene": 0.3}, f"choice within {_SICHUAN}; {_GUIYANG}"),
    "29": Mixture({"tvoc": 1.0, "toluene": 0.08, "xylene": 0.03}, f"choice: few aromatics, toluene first; {_REVIEW}"),
    "30": Mixture({"pm25": 1.0, "tvoc": 0.02}, "choice: dust of cement, concrete and stone"),
    "33": Mixture({**_PAINT, "pm25": 1.0}, f"choice: welding, blasting and paint; {_GUIYANG}"),
    "34": Mixture(_PAINT, f"choice: paint on metal, aromatics first; {_REVIEW}; {_GUIYANG}"),
    "35": Mixture(_PAINT, f"choice: paint on metal, aromatics first; {_REVIEW}; {_GUIYANG}"),
    "36": Mixture(
        {"tvoc": 1.0, "toluene": 0.2, "xylene": 0.4, "pm25": 0.02}, f"choice within {_SICHUAN}; {_GUIYANG}"
    ),
    "37": Mixture(_PAINT, f"choice: paint on metal, aromatics first; {_REVIEW}; {_GUIYANG}"),
    "39": Mixture({"tvoc": 1.0, "toluene": 0.02, "xylene": 0.02}, f"choice: alcohols and ketones; {_REVIEW}"),
    "44": Mixture({"nox": 1.0, "co": 0.5, "so2": 0.2, "pm25": 0.05}, "choice: boilers, mostly of gas"),
    "46": Mixture({"tvoc": 1.0, "toluene": 0.02, "xylene": 0.02}, "choice: odours of sewage, hardly any solvent"),
}
"""By the first digits of the class; the longest that fits counts. An industry that is not here says nothing."""


EXHAUST = Mixture(
    {"co": 1.0, "nox": 0.5, "tvoc": 0.15, "pm25": 0.02},
    "choice: a fleet of petrol cars, which give off CO, and diesel trucks, which give off NOx",
)
"""What traffic gives off."""


@lru_cache(maxsize=4096)
def industry_class(industry: str) -> str | None:
    """The key of `MIXTURES` that an industry belongs to as a register writes it; None where none does.

    Examples
    --------
    >>> [industry_class(text) for text in ("3670", "C2641涂料制造", "2662", "家具")]
    ['36', '264', None, None]
    """
    found = _CODE.match(industry.strip())
    digits = found.group(1) if found else ""
    return next((digits[:n] for n in range(len(digits), 1, -1) if digits[:n] in MIXTURES), None)
