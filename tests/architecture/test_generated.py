# SPDX-License-Identifier: Apache-2.0
"""Samples and generated pages are as new as the code they are generated from."""
import difflib
import importlib.util
import socket
import subprocess
import sys

import pytest

from tests.architecture import tree

NAMES = ('etc/nova/nova.conf.sample', 'etc/nova/policy.yaml.sample', 'doc/source/states.rst',
         'doc/source/configuration.rst', 'doc/source/crashpoints.rst')


@pytest.fixture(scope='module')
def generated(tmp_path_factory):
    """A directory with everything that can be generated, made in a process of its own."""
    directory = tmp_path_factory.mktemp('generated')
    subprocess.run([sys.executable, tree.ROOT / 'tools' / 'generate.py', directory], check=True, cwd=tree.ROOT,
                   capture_output=True, timeout=100)
    return directory


def test_the_list_here_is_complete():
    specification = importlib.util.spec_from_file_location('generate', tree.ROOT / 'tools' / 'generate.py')
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    assert tuple(module.GENERATED) == NAMES


@pytest.mark.parametrize('name', NAMES)
def test_a_generated_file_is_up_to_date(generated, name):
    old, new = (tree.ROOT / name).read_text(), (generated / name).read_text()
    changes = list(difflib.unified_diff(old.splitlines(), new.splitlines(), name, 'now', lineterm='', n=1))
    assert not changes, 'run tools/generate_samples.sh:\n' + '\n'.join(changes[:40])


def test_no_sample_names_the_machine_it_was_made_on():
    host = socket.gethostname()
    for name in NAMES:
        text = (tree.ROOT / name).read_text()
        assert f'= {host}\n' not in text and f'``{host}``' not in text
        assert str(tree.ROOT) not in text
