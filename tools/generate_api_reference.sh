#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writes doc/source/api: every operation of the API with a request and its answer, and the table of all answers.
# tests/functional/api_reference fails when it is older than the code.
set -euo pipefail
cd "$(dirname "$0")/.."
MININOVA_WRITE_DOCS=1 "${PYTHON:-.venv/bin/python}" -m pytest -q tests/functional/api_reference
