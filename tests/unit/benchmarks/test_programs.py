# SPDX-License-Identifier: Apache-2.0
"""The measuring programs start, explain themselves and, where nothing else is needed, measure a little."""
import http.server
import importlib
import inspect
import os
import subprocess
import sys
import threading

import pytest

from benchmarks import common, load, simulate_hosts
from mininova.compute import rpcapi as compute_rpcapi

PROGRAMS = ('bench_boot', 'bench_flavors', 'bench_guest', 'bench_list', 'bench_memory', 'bench_save', 'bench_select',
            'bench_start')


def run(*words, environment=None):
    return subprocess.run([sys.executable, '-m', *words], cwd=common.ROOT, capture_output=True, text=True, timeout=60,
                          check=False, env={**os.environ, **(environment or {})})


@pytest.mark.parametrize('program', PROGRAMS)
def test_a_program_says_what_it_measures(program, monkeypatch, capsys):
    module = importlib.import_module(f'benchmarks.{program}')
    monkeypatch.setattr(sys, 'argv', [program, '--help'])
    with pytest.raises(SystemExit) as ended:
        module.main()
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert '--quick' in shown
    assert module.__doc__.splitlines()[0] in shown


def test_simulated_hosts_take_messages_that_there_are():
    about_servers = {name for name, method in inspect.getmembers(compute_rpcapi.ComputeAPI, inspect.isfunction)
                     if 'instance' in inspect.signature(method).parameters}
    assert set(simulate_hosts.BY_INSTANCE) <= about_servers


def test_every_program_of_the_directory_is_tried_here():
    found = {path.stem for path in (common.ROOT / 'benchmarks').glob('bench_*.py')}
    assert found == {*PROGRAMS, 'bench_scheduler'}


def test_a_remote_save_is_measured_beside_its_floor():
    done = run('benchmarks.bench_save', '--quick')
    assert 'one remote save, CPU: p50' in done.stdout, done.stderr
    assert '; ratio ' in done.stdout


def test_without_a_lab_the_guest_program_says_what_to_do():
    done = run('benchmarks.bench_guest', environment={'OS_AUTH_URL': ''})
    assert done.returncode == 2
    assert 'source devstack/openrc' in done.stderr


def test_a_result_over_its_budget_is_marked(capsys):
    assert common.show('one', [1, 2, 3], 'ms', 1, 2, 3)
    assert not common.show('two', [1, 2, 9], 'ms', 1, 2, 3)
    assert common.show('three', 30, '/s', 60, 20, more_is_better=True)
    assert not common.show('four', 10, '/s', 60, 20, more_is_better=True)
    lines = capsys.readouterr().out.splitlines()
    assert ['OVER' in line for line in lines] == [False, True, False, True]
    assert 'p50 2.00 p95 3.00 ms; floor 1.00; ratio 2.00; budget <= 2 / 3 ms' in lines[0]
    assert 'ratio 2.00' in lines[2]


def test_memory_and_cpu_of_a_session_are_those_of_its_processes():
    child = subprocess.Popen([sys.executable, '-c', 'sum(range(10 ** 7)); print("x", flush=True); input()'],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    child.stdout.readline()
    try:
        assert common.members(child.pid) == [child.pid]
        assert 1 < common.pss([child.pid]) < 100
        assert 0 < common.cpu([child.pid]) < 30
    finally:
        child.kill()
        child.communicate()
    assert common.pss([child.pid]) == common.cpu([child.pid]) == 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        self.send_response(200 if self.path == '/here' else 404)
        self.send_header('Content-Length', '3')
        self.end_headers()
        self.wfile.write(b'abc')

    def log_message(self, *arguments):
        pass


@pytest.fixture
def port():
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_a_load_counts_whole_answers(port):
    rate, size = load.rate(port, '/here', {'Accept': 'text/plain'}, connections=2, seconds=0.2)
    assert rate > 1
    assert size == 3


def test_a_load_stops_at_a_refusal(port):
    with pytest.raises(ConnectionError, match='404'):
        load.rate(port, '/elsewhere', {}, connections=1, seconds=0.2)
