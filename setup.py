# SPDX-License-Identifier: Apache-2.0
"""Packaging entry; every fact is in setup.cfg and read by pbr."""
import setuptools

setuptools.setup(setup_requires=['pbr>=6.1.1'], pbr=True)
