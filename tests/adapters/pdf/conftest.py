from collections.abc import Iterator

import pytest

from smartbill.adapters.pdf.typesetter import Typesetter


@pytest.fixture(scope="module")
def typesetter() -> Iterator[Typesetter]:
    with Typesetter() as made:
        yield made
