# SPDX-License-Identifier: Apache-2.0
"""nova-status as it is called: its options, what it says of an empty database, its exit status."""
import json
import pathlib
import subprocess
import sys

import pytest

BIN = pathlib.Path(sys.executable).parent


@pytest.fixture
def run(tmp_path):
    """Function that runs a command with a nova.conf of its own, and returns (exit status, output)."""
    conf = tmp_path / 'nova.conf'
    conf.write_text(f'[database]\nconnection = sqlite:///{tmp_path}/nova.db\n[DEFAULT]\nstate_path = {tmp_path}\n')

    def do(command, *words):
        done = subprocess.run([BIN / command, '--config-file', conf, *words], capture_output=True, text=True,
                              timeout=60, stdin=subprocess.DEVNULL, check=False)
        return done.returncode, done.stdout
    return do


def test_a_database_without_tables_is_a_failure_with_the_command_to_run(run):
    status, output = run('nova-status', 'upgrade', 'check')
    assert status == 2
    assert 'nova-manage db sync' in output and 'Not looked at' in output and 'Traceback' not in output


def test_services_that_were_never_seen_are_a_warning(run):
    assert run('nova-manage', 'db', 'sync')[0] == 0
    status, output = run('nova-status', 'upgrade', 'check', '--json')
    assert status == 1
    checks = {check['check']: check for check in json.loads(output)['checks']}
    assert checks['Database Schema']['result'] == checks['Older Services']['result'] == 0
    assert 'nova-compute' in checks['Services']['details']
