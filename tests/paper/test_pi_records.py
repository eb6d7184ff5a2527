"""The records of pi; that they are complete, dated and sourced is in test_pi.py, where `pi.records` is."""

from memgen_lite import pi
from memgen_lite.paper import pi_records


def test_pi_has_them():
    assert pi.records is pi_records.records


def test_both_kinds_are_in_order_of_year():
    frame = pi_records.records()
    for _, rows in frame.groupby("kind"):
        assert rows.year.is_monotonic_increasing
