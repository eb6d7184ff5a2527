"""What was measured once is data of the package, found by name wherever the package is."""

import pytest

import memgen_lite as mg

NAMES = ("audit", "conformance", "evaluate", "figure1", "memory", "metrics", "pi", "power", "simulation", "throughput")


@pytest.mark.parametrize("name", NAMES)
def test_every_record_has_rows_and_the_machine_that_they_were_measured_on(name):
    record = mg.data.record(name)
    assert record["rows"] and record["title"] and "date" in record["machine"]


def test_a_name_that_no_record_has_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match=rf"name must be that of a record, one of {NAMES[0]}, .*; got 'bench'"):
        mg.data.record("bench")
