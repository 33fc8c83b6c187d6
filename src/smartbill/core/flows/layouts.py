"""The formats that a flow may come in, as jobs and bills name them."""

from typing import Final

STABO: Final = "stabo-v1"
FATTURAPA: Final = "fatturapa"
