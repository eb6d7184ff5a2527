"""Files of arrays: what others read in them, and every kind of damage, malice and crash."""

import hashlib
import io
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from forging import damaged, drop, forge, members, opened, pack, places, put, sign

import memgen_lite
from memgen_lite.shared import array_file
from memgen_lite.shared.array_file import ALIGN, DamagedFileError

PADDED = np.array([(1, 2.5), (2, np.nan)], dtype=np.dtype([("ä", "i1"), ("b", "f8")], align=True))
BLOCKS = {
    "rows": np.arange(12.0).reshape(6, 2),
    "none": np.zeros((3, 0), dtype=">i2"),
    "é": np.array(["2018-03-29", "NaT"], dtype="M8[s]"),
    "records": PADDED,
    "long": np.array([0.1, 1 / 3], dtype=np.longdouble),
    "bytes": np.frombuffer(b"rose is a ros\xe9", dtype=np.uint8),
    "void": np.array([b"ab", b"c\0"], dtype="V2"),
    "texts": np.array(["längst", "🐈"]),
    "no texts": np.ndarray(3, dtype="U0"),  # np.empty would make it U1
    "big": np.arange(3, dtype=">i4"),
    "fields": np.array([(1,), (2,)], dtype=[("🐈 of no Latin alphabet", "i1")]),
}


def same(a, b):
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    if a.dtype.names:
        for name in a.dtype.names:
            same(a[name], b[name])
    elif a.dtype.char == "g":
        assert np.array_equal(a, b)
    else:
        assert a.tobytes() == b.tobytes()


@pytest.fixture
def saved(tmp_path):
    array_file.write(tmp_path / "m", {"a": ["rosé", None]}, BLOCKS)
    return tmp_path / "m"


def refused(path, match="MemGEN file|damaged|cut off|added to", *, mmap=False, verify=True):
    with pytest.raises(DamagedFileError, match=match) as caught:
        array_file.read(path, mmap=mmap, verify=verify)
    assert isinstance(caught.value, ValueError)
    assert str(path) in str(caught.value)


def around(path):
    """The places of the bytes that are no block's."""
    return sorted({*range(path.stat().st_size)}.difference(*(place for _, place in places(path))))


# What is written


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("verify", [False, True])
def test_a_header_and_blocks_come_back(saved, mmap, verify):
    header, blocks = array_file.read(saved, mmap=mmap, verify=verify)
    assert header == {"a": ["rosé", None]}
    assert list(blocks) == list(BLOCKS)
    for name, block in blocks.items():
        same(block, BLOCKS[name])
        assert isinstance(block, np.memmap) == (mmap and block.nbytes > 0)


def test_numpy_opens_a_file_without_this_package_and_without_pickle(saved):
    with np.load(saved, allow_pickle=False) as archive:
        assert archive.files == [*BLOCKS, "header.json"]
        header = json.loads(archive["header.json"])
        for name, block in BLOCKS.items():
            same(archive[name], block)
    assert header["content"] == {"a": ["rosé", None]}
    with zipfile.ZipFile(saved) as archive:
        assert archive.testzip() is None
        members = archive.infolist()
        assert {(info.compress_type, info.create_system) for info in members} == {(zipfile.ZIP_STORED, 0)}
        assert {info.date_time for info in members} == {(1980, 1, 1, 0, 0, 0)}


def test_blocks_begin_where_their_numbers_may_and_hold_the_bytes_of_the_array(saved):
    data = saved.read_bytes()
    assert [name for name, _ in places(saved)] == list(BLOCKS)
    for name, place in places(saved):
        assert place.start % ALIGN == 0
        assert data[place.start : place.stop] == BLOCKS[name].tobytes()
        mapped = array_file.read(saved, mmap=True, verify=False)[1][name]
        assert mapped.flags.aligned or BLOCKS[name].dtype.itemsize == 0


def test_parts_are_written_one_behind_the_other_in_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr(array_file, "CHUNK", 1000)
    X = np.random.default_rng(0).normal(size=(300, 7))
    path, sizes, chunks = tmp_path / "m", [], array_file._chunks

    def seen(parts):
        for chunk in chunks(parts):
            sizes.append(len(chunk))
            yield chunk

    monkeypatch.setattr(array_file, "_chunks", seen)
    array_file.write(path, {}, {"rows": [X[:100], X[100:100], X[::-1][:200][::-1]]})
    assert max(sizes) <= 1000 and sum(sizes) == X.nbytes
    same(array_file.read(path, mmap=False, verify=True)[1]["rows"], X)
    with damaged(path, path.stat().st_size // 2):
        refused(path, "block 'rows' does not have the checksum")


def test_blocks_of_more_than_4_gib_are_found_by_us_and_by_numpy(tmp_path):
    """A file with a hole in it, so that it takes no room."""
    path, small, hole = tmp_path / "m", np.arange(3), 2**32 + 5
    table = {
        "large": {"dtype": "|u1", "shape": [hole], "sha256": "0" * 64},
        "small": {"dtype": "<i8", "shape": [3], "sha256": hashlib.sha256(small.tobytes()).hexdigest()},
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (("large", b""), ("small", small.tobytes())):
            dtype, shape = array_file.dtype_of(table[name]["dtype"]), tuple(table[name]["shape"])
            info = array_file._info(f"{name}.npy", archive.start_dir)
            with archive.open(info, "w", force_zip64=True) as member:
                member.write(array_file._npy(dtype, shape) + data)
            if name == "large":
                info.file_size = info.compress_size = info.file_size + hole
                archive.fp.seek(info.header_offset)
                archive.fp.write(info.FileHeader(zip64=True))
                archive.start_dir += hole
        archive.writestr("header.json", json.dumps({"version": 1, "content": 7, "blocks": table}))
        archive.comment = bytes(64)
    sign(path)
    header, blocks = array_file.read(path, mmap=True, verify=False)
    assert header == 7
    assert blocks["large"].shape == (hole,) and not blocks["large"][-5:].any()
    assert blocks["small"].tolist() == [0, 1, 2]
    with np.load(path) as archive:
        assert archive["small"].tolist() == [0, 1, 2]
        info = archive.zip.getinfo("large.npy")
        assert info.file_size == info.compress_size == hole + 128
        assert archive.zip.open(info).read(6) == b"\x93NUMPY"
    with open(path, "r+b") as file:
        file.seek(-200, 2)
        byte = file.read(1)[0]
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))
    refused(path, "damaged", mmap=True, verify=False)


def test_the_same_blocks_make_the_same_bytes(saved, tmp_path):
    array_file.write(tmp_path / "again", {"a": ["rosé", None]}, BLOCKS)
    assert saved.read_bytes() == (tmp_path / "again").read_bytes()


def test_objects_are_refused_and_nothing_is_written(tmp_path):
    for X in (np.array([None]), np.array([(None,)], dtype=[("a", object)])):
        with pytest.raises(TypeError, match="save stores plain values, got an array of dtype"):
            array_file.write(tmp_path / "m", {}, {"X": X})
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "dtype", ["<f8", ">i2", "<M8[ns]", "|S3", "<U2", "|V3", "?", "i4,(2,3)f8", np.dtype("i1,f8", align=True)], ids=str
)
def test_a_dtype_becomes_json_and_comes_back(dtype):
    dtype = np.dtype(dtype)
    assert array_file.dtype_of(json.loads(json.dumps(array_file.describe(dtype)))) == dtype
    titled = np.dtype([(("title", "name"), "i4")])
    assert array_file.dtype_of(json.loads(json.dumps(array_file.describe(titled)))) == titled


@pytest.mark.parametrize("dtype", ["|O", "O,O", [["a", "|O"]], [["a", [["b", "|O", [2]]]]], "T"], ids=str)
def test_json_makes_no_dtype_of_objects(dtype):
    with pytest.raises(TypeError, match="save stores plain values, got an array of dtype"):
        array_file.dtype_of(dtype)


# Damage


def test_every_byte_around_the_blocks_is_guarded_even_unverified(saved):
    array_file.write(saved, {"a": 1}, {name: BLOCKS[name] for name in ("rows", "none")})
    text = json.dumps(opened(saved)[0]).encode()
    begin = saved.read_bytes().index(text)
    text = range(begin, begin + len(text))
    for position in around(saved):
        with damaged(saved, position):
            message = "its header is cut off or altered" if position in text else "MemGEN file|damaged"
            refused(saved, message, verify=False, mmap=bool(position % 2))
    array_file.read(saved, mmap=False, verify=True)


def test_every_bit_of_what_is_around_a_block_is_guarded(tmp_path):
    path = tmp_path / "m"
    array_file.write(path, None, {"rows": np.arange(3.0)})
    for position in around(path):
        for bit in range(8):
            with damaged(path, position, bit):
                refused(path, verify=False)


def test_every_byte_of_the_blocks_is_guarded(saved):
    for name, place in places(saved):
        for position in place:
            with damaged(saved, position):
                message = f"block {name!r} does not have the checksum that it was written with"
                refused(saved, message, mmap=bool(position % 2))
                array_file.read(saved, mmap=False, verify=False)
    array_file.read(saved, mmap=False, verify=True)


def test_a_file_that_is_cut_off_anywhere_is_refused_even_unverified(saved):
    intact = saved.read_bytes()
    for length in (*range(120), *range(120, len(intact), 31), *range(len(intact) - 120, len(intact))):
        saved.write_bytes(intact[:length])
        refused(saved, "is cut off|cut off or added to", verify=length % 2 == 0, mmap=length % 3 == 0)


def test_a_file_that_was_added_to_is_refused(saved):
    intact = saved.read_bytes()
    for more in (b"\0", b"0" * 64, intact[-64:], bytes(70_000), intact):
        for data in (intact + more, more + intact):
            saved.write_bytes(data)
            refused(saved, verify=False)
    saved.write_bytes(intact + b"\0")
    refused(saved, "is damaged, cut off or added to", verify=False)


def test_a_file_that_shrinks_while_it_is_read_is_refused(saved, monkeypatch):
    array_file.write(saved, {}, {"rows": np.ones(10**5)})
    ndarray = np.ndarray

    def shrink(*args, **kwargs):
        os.truncate(saved, 1000)
        return ndarray(*args, **kwargs)

    monkeypatch.setattr(array_file.np, "ndarray", shrink)
    refused(saved, "block 'rows' was cut off while it was read")


def test_files_of_others_are_refused(tmp_path):
    path = tmp_path / "m"
    noise = random.Random(0).randbytes(9000)
    for content in (
        b"",
        b"\x89PNG\r\n",
        pickle.dumps([1]),
        b"MEMGEN\0\1",
        b"PK",
        b"PK\3\4",
        b"PK\3\4" + bytes(99),
        noise,
    ):
        path.write_bytes(content)
        refused(path, "is not a MemGEN file, or is cut off: it does not end as an archive does")
    for save in (np.save, np.savez, np.savez_compressed):
        content = io.BytesIO()
        save(content, np.eye(3))
        path.write_bytes(content.getvalue())
        wrong = "or is cut off: it does not end as an" if save is np.save else "it is no archive that ends with header"
        refused(path, f"is not a MemGEN file[:,] {wrong}")
    with pytest.raises(OSError, match=r"this is a folder"):
        array_file.read(tmp_path, mmap=False, verify=True)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        array_file.read(tmp_path / "nowhere", mmap=False, verify=True)


# Malice: files whose checksums are right


def repacked(path, change=None, **how):
    """The same members written by the standard library, which NumPy opens all the same."""
    with zipfile.ZipFile(path) as archive:
        members = [(info, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(path, "w", **how) as archive:
        for info, data in change(members) if change else members:
            archive.writestr(info.filename, data)
        archive.comment = bytes(64)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "change, how",
    [
        (None, {}),
        (None, {"compression": zipfile.ZIP_DEFLATED}),
        (lambda members: [members[0], *members], {}),
        (lambda members: [members[-1], *members], {}),
        (lambda members: members[::-1], {}),
        (lambda members: [*members[-2::-1], members[-1]], {}),
        (lambda members: [*members[1:], members[0]], {}),
        (lambda members: members[-1:], {}),
        (lambda members: members[:-1], {}),
        (lambda members: [], {}),
    ],
    ids=[
        "repacked",
        "compressed",
        "a name twice",
        "two headers",
        "backwards",
        "blocks in another order",
        "the header not at the end",
        "only the header",
        "no header",
        "nothing",
    ],
)
@pytest.mark.parametrize("signed", [False, True])
def test_the_same_content_in_another_archive_is_refused(saved, change, how, signed):
    repacked(saved, change, **how)
    if signed:
        sign(saved)
    for verify in (True, False):
        refused(saved, verify=verify)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_other_than_those_of_the_header_are_refused(saved):
    text, intact = json.dumps(opened(saved)[0]), members(saved)
    pack(saved, text, intact)
    array_file.read(saved, mmap=False, verify=True)
    rows = intact["rows.npy"]
    for wrong in (
        intact | {"more.npy": rows},
        {"more.npy": rows} | intact,
        intact | {"more.txt": b""},
        {name: data for name, data in intact.items() if name != "rows.npy"},
        {f"{name}.npy" if name == "rows.npy" else name: data for name, data in intact.items()},
        dict(reversed(intact.items())),
    ):
        pack(saved, text, wrong)
        refused(saved, "the blocks in it are not those that its header says", verify=False)
    for wrong in (rows[:-1], rows + b"\0", rows[:128], rows[:12], b""):
        pack(saved, text, intact | {"rows.npy": wrong})
        refused(saved, "block 'rows' is not where, or not what, the header says", verify=False)
    pack(saved, text, intact)
    with zipfile.ZipFile(saved, "a") as archive:
        archive.writestr("rows.npy", b"another")
    refused(saved, verify=False)
    sign(saved)
    refused(saved, verify=False)


LIES = ["size", "compressed size", "method", "crc", "name", "flags", "offset", "directory", "comment", "count", "extra"]


@pytest.mark.parametrize("what", LIES)
@pytest.mark.parametrize("signed", [False, True])
def test_records_that_lie_are_refused(saved, what, signed):
    data, before = bytearray(saved.read_bytes()), places(saved)
    with zipfile.ZipFile(saved) as archive:
        info = archive.getinfo("rows.npy")
        local, begin = info.header_offset, info.header_offset + len(info.FileHeader(zip64=True))
        central = data.index(b"rows.npy", archive.start_dir) - 46
    end = data.rindex(b"PK\5\6")
    spots = {
        "size": [begin - 16, begin - 10, central + 24, central + 27],
        "compressed size": [begin - 8, begin - 2, central + 20, central + 23],
        "method": [local + 8, central + 10],
        "crc": [local + 14, central + 16],
        "name": [local + 30, central + 46],
        "flags": [local + 6],
        "offset": [central + 42, central + 45],
        "directory": [end + 12, end + 16, end + 19],
        "comment": [end + 20],
        "count": [end + 8, end + 10],
        "extra": [local + 28, local + 38, central + 30],
    }[what]
    for spot in spots:
        changed = data.copy()
        changed[spot] ^= 1
        saved.write_bytes(changed)
        if signed:
            sign(saved, before)
        if signed and what in ("count", "comment"):  # lengths that nobody goes by
            array_file.read(saved, mmap=False, verify=True)
            continue
        refused(saved, verify=False)


@pytest.mark.parametrize("what, at", [("offset", 42), ("method", 10), ("compressed size", 20), ("size", 24)])
def test_a_record_of_the_header_that_lies_is_refused(saved, what, at):
    data, before = bytearray(saved.read_bytes()), places(saved)
    data[data.rindex(b"header.json") - 46 + at] ^= 1
    saved.write_bytes(data)
    refused(saved, "damaged", verify=False)
    sign(saved, before)
    refused(saved, "damaged", verify=False)


@pytest.mark.parametrize("size", [2**20, 2**40, 2**60])
@pytest.mark.parametrize("mmap", [False, True])
def test_sizes_beyond_the_file_make_no_room_for_what_is_not_there(tmp_path, size, mmap):
    """Everything in the file says that there is so much."""
    path, before = tmp_path / "m", []
    table = {"rows": {"dtype": "|u1", "shape": [size], "sha256": "0" * 64}}
    for header_too in (False, True):
        with zipfile.ZipFile(path, "w") as archive:
            block = array_file._info("rows.npy", 0)
            with archive.open(block, "w", force_zip64=True) as member:
                member.write(array_file._npy(np.dtype("u1"), (size,)))
            archive.writestr("header.json", json.dumps({"version": 1, "content": 7, "blocks": table}))
            archive.comment = bytes(64)
            before = [("rows", range(archive.infolist()[1].header_offset, archive.infolist()[1].header_offset))]
            for info in archive.infolist()[: 1 + header_too]:
                info.file_size = info.compress_size = info.file_size + size
            archive.fp.seek(0)
            archive.fp.write(block.FileHeader(zip64=True))
            archive.fp.seek(archive.start_dir)
        sign(path, before)
        refused(path, "damaged", mmap=mmap, verify=False)


def test_a_file_that_an_earlier_python_wrote_loads(saved):
    """Before 3.11.4, `zipfile` wrote small sizes twice."""
    data = bytearray(saved.read_bytes())
    with zipfile.ZipFile(saved) as archive:
        for info in archive.infolist():
            local, size = info.header_offset, info.file_size.to_bytes(4, "little")
            data[local + 4], data[local + 18 : local + 26] = 20, size + size
    saved.write_bytes(data)
    refused(saved, "damaged", verify=False)
    sign(saved)
    for mmap in (True, False):
        same(array_file.read(saved, mmap=mmap, verify=True)[1]["rows"], BLOCKS["rows"])


def test_a_forged_file_without_changes_loads(saved):
    before = saved.read_bytes()
    forge(saved, lambda header: None)
    forge(saved, lambda block: block, "rows")
    assert saved.read_bytes() == before


ROWS = ("blocks", "rows")
NOT_WHAT = "block 'rows' is not where, or not what, the header says"
MALICE = {
    "another version": (put("version", 2), "has format version 2; this package reads version 1"),
    "a version that is no number": (put("version", None), "has format version None"),
    "no object": (lambda header: [1], "damaged or was not written by this package"),
    "a number": (lambda header: 7, "damaged"),
    **{f"no {key}": (drop(key), "KeyError") for key in ("version", "blocks", "content")},
    **{f"no {key} of a block": (drop(*ROWS, key), "KeyError") for key in ("dtype", "shape", "sha256")},
    "another sha256": (put(*ROWS, "sha256", "0" * 64), "block 'rows' does not have the checksum"),
    "gigantic": (put(*ROWS, "shape", [10**12, 10**5]), NOT_WHAT),
    "gigantic and empty": (put(*ROWS, "shape", [10**18, 0]), NOT_WHAT),
    "overflowing": (put(*ROWS, "shape", [2**32, 2**32]), NOT_WHAT),
    "overflowing to what is right": (put(*ROWS, "shape", [2**64 + 6, 2]), NOT_WHAT),
    "of negative shape": (put(*ROWS, "shape", [-6, -2]), "has sizes that are no sizes"),
    "of broken shape": (put(*ROWS, "shape", [6.0, 2]), "has sizes that are no sizes"),
    "of true shape": (put(*ROWS, "shape", [True, True]), "has sizes that are no sizes"),
    "of no shape": (put(*ROWS, "shape", None), "TypeError"),
    "of text for a shape": (put(*ROWS, "shape", "62"), "has sizes that are no sizes"),
    "of larger sizes": (put(*ROWS, "shape", [6, 3]), NOT_WHAT),
    "of smaller sizes": (put(*ROWS, "shape", [1]), NOT_WHAT),
    "of objects": (put(*ROWS, "dtype", "|O"), "save stores plain values, got an array of dtype object"),
    "of hidden objects": (put(*ROWS, "dtype", [["a", "|O"]]), "save stores plain values"),
    "of more hidden objects": (put(*ROWS, "dtype", [["a", [["b", "|O"]], [1]]]), "save stores plain values"),
    "of objects by another name": (put(*ROWS, "dtype", "O,O"), "save stores plain values"),
    "of strings with pointers": (put(*ROWS, "dtype", "T"), "save stores plain values"),
    "of no dtype": (put(*ROWS, "dtype", "nonsense"), "TypeError"),
    "of a number for a dtype": (put(*ROWS, "dtype", 7), "damaged"),
    "of a dtype of nothing": (put(*ROWS, "dtype", "|V0"), NOT_WHAT),
    "of a deep dtype": (put(*ROWS, "dtype", json.loads("[" * 900 + "]" * 900)), "damaged"),
    "blocks that are a list": (put("blocks", ["rows"]), "damaged"),
}


@pytest.mark.parametrize("name", MALICE)
@pytest.mark.parametrize("mmap", [False, True])
def test_a_forged_header_is_refused(name, mmap, saved):
    change, message = MALICE[name]
    forge(saved, change)
    for verify in (True, False):
        if "sha256" not in name or verify:
            refused(saved, message, mmap=mmap, verify=verify)


def test_a_header_whose_records_are_those_of_another_is_refused(saved):
    """The header alone is changed, and signed again."""
    (header, _), intact = opened(saved), members(saved)
    for entry in ({"shape": [2, 6]}, {"shape": [12]}, {"dtype": "<i8"}, {"dtype": ">f8"}, {"dtype": [["a", "<f8"]]}):
        forged = json.loads(json.dumps(header))
        forged["blocks"]["rows"].update(entry)
        pack(saved, json.dumps(forged), intact)
        refused(saved, NOT_WHAT, verify=False)
    pack(saved, json.dumps(header | {"blocks": {}}), intact)
    refused(saved, "the blocks in it are not those that its header says", verify=False)


@pytest.mark.parametrize("text", [b"9" * 10_000, b"[" * 100_000, b"\xff\xfe", b"NaN", b""])
def test_a_header_of_numbers_too_long_or_nested_too_deeply_is_refused(saved, text):
    pack(saved, text, members(saved))
    refused(saved, "damaged or was not written by this package")


def test_random_damage_is_refused(saved):
    rng = random.Random(0)
    intact = saved.read_bytes()
    for _ in range(150):
        data = bytearray(intact)
        start = rng.randrange(len(data))
        noise = rng.randbytes(rng.choice([1, 2, 50, 5000]))
        match rng.randrange(3):
            case 0:
                data[start : start + len(noise)] = noise[: len(data) - start]
            case 1:
                del data[start : start + len(noise)]
            case _:
                data[start:start] = noise
        if data != intact:
            saved.write_bytes(data)
            refused(saved)


# Crashes


def test_an_error_half_way_leaves_the_old_file_and_nothing_else(saved, monkeypatch):
    before = saved.read_bytes()
    chunks = array_file._chunks

    for error in (OSError("disk full"), KeyboardInterrupt()):

        def fail(parts, error=error):
            yield next(chunks(parts))
            raise error

        monkeypatch.setattr(array_file, "_chunks", fail)
        with pytest.raises(type(error)):
            array_file.write(saved, {}, {"rows": np.eye(3)})
        assert saved.read_bytes() == before
        assert os.listdir(saved.parent) == [saved.name]


KILLED = """
import sys, time
import numpy as np
from memgen_lite.shared import array_file
chunks = array_file._chunks
def hang(parts):
    yield next(chunks(parts))
    print("half", flush=True)
    time.sleep(600)
array_file._chunks = hang
array_file.write(sys.argv[1], {}, {"rows": np.ones((1000, 100))})
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX")
@pytest.mark.parametrize("before", [True, False])
def test_a_process_killed_half_way_leaves_the_old_file_or_none(tmp_path, before):
    path = tmp_path / "m"
    if before:
        array_file.write(path, "before", {})
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "half\n"
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
    leftovers = sorted(name for name in os.listdir(tmp_path) if name != "m")
    assert len(leftovers) == 1
    assert leftovers[0].startswith(".m.")
    assert leftovers[0].endswith(".part")
    assert path.exists() == before
    if before:
        assert array_file.read(path, mmap=False, verify=True) == ("before", {})
    array_file.write(path, "after", {})
    assert array_file.read(path, mmap=False, verify=True) == ("after", {})


def test_writes_at_once_leave_one_of_them_whole(tmp_path):
    path = tmp_path / "m"
    samples = [np.full((50 * (i + 1), 40), float(i)) for i in range(4)]
    array_file.write(path, {}, {"rows": samples[0]})
    errors, stop = [], threading.Event()

    def save(rows):
        try:
            for _ in range(6):
                array_file.write(path, {}, {"rows": rows})
        except BaseException as error:  # pragma: no cover - a thread's error would be lost
            errors.append(error)

    def load():
        try:
            while not stop.is_set():
                rows = array_file.read(path, mmap=False, verify=True)[1]["rows"]
                assert (rows == rows[0, 0]).all()
                assert len(rows) == 50 * (rows[0, 0] + 1)
        except BaseException as error:  # pragma: no cover
            errors.append(error)

    reader = threading.Thread(target=load)
    writers = [threading.Thread(target=save, args=[rows]) for rows in samples]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    assert not errors
    assert os.listdir(tmp_path) == ["m"]


def test_no_file_of_the_package_imports_pickle():
    paths = list(Path(memgen_lite.__file__).parent.rglob("*.py"))
    assert Path(array_file.__file__) in paths
    for path in paths:
        assert "import pickle" not in path.read_text(), path
        assert "allow_pickle=True" not in path.read_text(), path
