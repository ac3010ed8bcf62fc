from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from gradproof.budget import Budget
from gradproof.engine.vocabulary import OPS


@pytest.fixture(scope="session")
def budgets() -> Mapping[str, Budget]:
    return {name: op.budget for name, op in OPS.items()}


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)
