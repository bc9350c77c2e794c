#!/usr/bin/env bash
# Gradescope runs this once, when the image is built: costmodel from the wheel in the archive, and the sandbox.
set -euo pipefail

apt-get update
apt-get install -y python3 python3-venv bubblewrap
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install /autograder/source/costmodel-*.whl
/autograder/venv/bin/costmodel doctor || true # says whether the wall works in this image
