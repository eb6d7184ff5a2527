"""The map in CONTRIBUTING.md is that of the imports, and says when it is not."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import map as rooms  # noqa: E402


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A house of two floors: `above` imports from `below` three times, and in a folder of its own once more."""
    (tmp_path / "package" / "above" / "inner").mkdir(parents=True)
    (tmp_path / "package" / "below").mkdir()
    for name, text in {
        "__init__.py": "from .below import ground",
        "above/__init__.py": '"""Upstairs.\n\nWith a view."""\nfrom . import own\nfrom .own import thing\n',
        "above/own.py": "from ..below.ground import soil\nfrom .. import below\ndef f():\n    from ..below import x\n",
        "above/inner/deep.py": "from ...below import ground\nfrom ..own import thing\nimport json\n",
        "below/__init__.py": '"""Downstairs."""\n',
    }.items():
        (tmp_path / "package" / name).write_text(text)
    page = tmp_path / "page.md"
    page.write_text(f"# Before\n{rooms.BEGIN}old\n{rooms.END}After\n")
    monkeypatch.setattr(rooms, "PACKAGE", tmp_path / "package")
    monkeypatch.setattr(rooms, "PAGE", page)
    monkeypatch.setattr(rooms, "floors", lambda: [["above"], ["below"]])
    return page


def test_the_map_is_not_older_than_the_imports():
    page = rooms.PAGE.read_text("utf-8")
    assert rooms.drawn(page) == page, "python tools/map.py"


def test_every_room_is_on_the_map_and_every_arrow_leads_down():
    order = {room: number for number, floor in enumerate(rooms.floors()) for room in floor}
    folders = {path.parent.name for path in rooms.PACKAGE.glob("*/__init__.py")}
    assert set(order) == folders
    arrows = [(one, other) for one, other in rooms.imports() if other in folders]
    assert len(arrows) > 10 and all(order[one] < order[other] for one, other in arrows)


def test_imports_are_counted_from_room_to_room_and_not_within_one(house, monkeypatch):
    assert rooms.imports() == {("above", "below"): 4}
    monkeypatch.setattr(sys, "argv", ["map.py"])
    rooms.main()
    before, text, after = house.read_text().partition("Upstairs.\n            imports below 4\n")
    assert text and before.startswith(f"# Before\n{rooms.BEGIN}") and after.endswith(f"{rooms.END}After\n")
    assert "below       Downstairs.\n            imports no room\n" in after


def test_a_map_that_has_drifted_is_told(house, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["map.py", "--check"])
    with pytest.raises(SystemExit, match=r"the map in page\.md has drifted"):
        rooms.main()
    assert "old" in house.read_text()
    house.write_text("# No place\n")
    with pytest.raises(ValueError, match=r"page\.md has no place for the map"):
        rooms.main()
