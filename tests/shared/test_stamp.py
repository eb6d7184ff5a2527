import platform
from importlib import metadata

from memgen_lite.shared.stamp import versions


def test_the_stamp_names_this_package_python_and_the_libraries_of_every_number():
    found = versions()
    assert found.pop("python") == platform.python_version()
    assert list(found) == ["memgen_lite", "numpy", "scipy", "scikit-learn"]
    assert all(metadata.version(name) == number for name, number in found.items())
