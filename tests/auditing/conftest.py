import pytest
from audited import COPIER, NOISE, H, T

import memgen_lite as mg


@pytest.fixture(scope="session")
def copier():
    return mg.audit(T, H, COPIER)


@pytest.fixture(scope="session")
def blind():
    return mg.audit(T, H, NOISE)
