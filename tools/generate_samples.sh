#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writes etc/nova/nova.conf.sample, etc/nova/policy.yaml.sample and the generated pages of doc/source.
# tests/architecture/test_generated.py fails when one of them is older than the code.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
"$python" tools/generate.py "${1:-.}"
