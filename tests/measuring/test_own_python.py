"""What an entry may ask pip for, and what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.errors import UsageError
from costmodel.measuring.own_python import wanted_by

CONDA = """
name: entry
channels: [pytorch, defaults]
dependencies:
  - python=3.9
  - pytorch::pytorch=1.13
  - numpy=1.21.2=py39h20f2e39_0
  - scikit-learn>=1.0
  - pandas=2.1.*
  - scipy==1.11.4=py311h64a7726_0
  - cudatoolkit=11.6
  - pip
  - pip:
      - timm==0.9.2  # the models
      - einops
"""


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return folder


def test_a_requirements_file_is_read_as_pip_reads_it(tmp_path: Path) -> None:
    text = (
        "\ufeff# the network\ntorch>=2.0,<3\n\ntimm == 0.9.2  # pinned\nnumpy[extra]~=1.26 ; python_version > '3.8'\n"
    )
    found = wanted_by(write(tmp_path, requirements_txt=text))
    assert found is not None
    assert found.packages == ("torch>=2.0,<3", "timm == 0.9.2", "numpy[extra]~=1.26 ; python_version > '3.8'")
    assert found.left_out == ()


def test_a_conda_environment_by_the_names_that_pip_has(tmp_path: Path) -> None:
    found = wanted_by(write(tmp_path, environment_yaml=CONDA))
    assert found is not None
    assert found.packages == (
        "torch==1.13.*", "numpy==1.21.2.*", "scikit-learn>=1.0", "pandas==2.1.*", "scipy==1.11.4", "timm==0.9.2",
        "einops",
    )  # fmt: skip
    assert [one.partition(":")[0] for one in found.left_out] == ["python=3.9", "cudatoolkit=11.6", "pip"]


def test_no_file_asks_for_nothing(tmp_path: Path) -> None:
    assert wanted_by(tmp_path) is None


@pytest.mark.parametrize(
    "line",
    [
        "-e .", "./wheel", "wheels/a-1-py3-none-any.whl", "git+https://example.org/a.git", "a @ https://example.org/a.whl",
        "--index-url https://example.org/simple", "-r ../other.txt", "/etc/passwd", "a --global-option=x",
        "a==1 --global-option=x", "a>=1 --no-binary=a", "a==1 -i elsewhere", "file:///tmp/a.whl", "..\\\\a",
    ],
)  # fmt: skip
def test_what_is_no_package_by_name_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(UsageError, match="only packages by name"):
        wanted_by(write(tmp_path, requirements_txt=f"numpy\n{line}\n"))


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden words")
    (tmp_path / "entry").mkdir()
    (tmp_path / "entry" / "requirements.txt").symlink_to(tmp_path / "secret")
    with pytest.raises(UsageError, match="it is a link") as refused:
        wanted_by(tmp_path / "entry")
    assert "hidden words" not in str(refused.value)


def test_digests_of_wheels_are_kept(tmp_path: Path) -> None:
    found = wanted_by(write(tmp_path, requirements_txt="a==1.0 \\\n    --hash=sha256:0a \\\n    --hash=sha256:1b\n"))
    assert found is not None
    assert [package.split() for package in found.packages] == [["a==1.0", "--hash=sha256:0a", "--hash=sha256:1b"]]
