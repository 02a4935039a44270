# SPDX-License-Identifier: Apache-2.0
"""No qemu-img without a format, none without limits, none elsewhere."""
import ast
import inspect
import os
import pathlib

import pytest
from oslo_concurrency import processutils

import mininova
from mininova import exception
from mininova.virt import qemu_img

SOURCES = sorted(pathlib.Path(mininova.__file__).parent.rglob('*.py'))


@pytest.fixture
def commands(conf, monkeypatch):
    """The command lines that would have been run."""
    ran = []

    def execute(*command, **kwargs):
        ran.append(command)
        return '{"virtual-size": 1}', ''
    monkeypatch.setattr(qemu_img.processutils, 'execute', execute)
    return ran


CALLS = {
    'info': lambda disk_format: qemu_img.info('/x', disk_format),
    'convert from': lambda disk_format: qemu_img.convert('/x', disk_format, '/y', 'raw'),
    'convert to': lambda disk_format: qemu_img.convert('/x', 'raw', '/y', disk_format),
    'create': lambda disk_format: qemu_img.create('/x', disk_format, 1),
    'create over': lambda disk_format: qemu_img.create('/x', 'qcow2', 1, '/base', disk_format),
    'resize': lambda disk_format: qemu_img.resize('/x', disk_format, 1),
}


@pytest.mark.parametrize('call', CALLS)
@pytest.mark.parametrize('disk_format', [None, '', 'luks', 'json:{}', '--image-opts'])
def test_nothing_runs_without_a_known_format(commands, call, disk_format):
    with pytest.raises(qemu_img.QemuImgError):
        CALLS[call](disk_format)
    assert commands == []


@pytest.mark.parametrize('call', CALLS)
def test_everything_runs_with_a_format_and_within_limits(commands, call):
    CALLS[call]('raw')
    (command,) = commands
    assert command[0] == 'timeout' and any(word.startswith('--as=') for word in command)
    assert any(word.startswith('--cpu=') for word in command)
    assert '-f' in command and '--' in command


def test_the_runner_itself_refuses_a_missing_format(commands):
    with pytest.raises(qemu_img.QemuImgError, match='explicit format'):
        qemu_img._run('info', '--output=json', '--', '/x')
    with pytest.raises(qemu_img.QemuImgError, match='explicit format'):
        qemu_img._run('info', '-f', 'something', '--', '/x')
    assert commands == []


def test_every_function_that_runs_it_demands_the_format():
    for name, function in inspect.getmembers(qemu_img, inspect.isfunction):
        if function.__module__ == qemu_img.__name__ and not name.startswith('_'):
            named = [parameter for parameter in inspect.signature(function).parameters.values()
                     if parameter.name.endswith('format') and parameter.name != 'backing_format']
            assert named and all(parameter.default is parameter.empty for parameter in named), name


def test_the_limits_reach_the_process(conf, monkeypatch):
    conf.config(group='compute', qemu_img_address_space_limit=600, qemu_img_cpu_limit=7)
    execute = processutils.execute

    def show_limits(*command, **kwargs):
        before = command[:command.index('qemu-img')]
        return execute(*before, 'bash', '-c', 'echo "[$(ulimit -v), $(ulimit -t), $(ulimit -c)]"', **kwargs)
    monkeypatch.setattr(qemu_img.processutils, 'execute', show_limits)
    assert qemu_img.info('/x', 'raw') == [600 * 1024, 7, 0]


def test_many_threads_stay_below_the_limit(conf, tmp_path):
    """With a heap for each thread of qemu-img, a copy needs 800 MiB of addresses."""
    conf.config(group='compute', qemu_img_address_space_limit=300)
    (tmp_path / 'source').write_bytes(os.urandom(1 << 20) * 32)
    for _ in range(3):
        qemu_img.convert(str(tmp_path / 'source'), 'raw', str(tmp_path / 'target'), 'qcow2')


def test_a_process_that_hangs_is_ended(conf, monkeypatch, tmp_path):
    execute = processutils.execute

    def hang(*command, **kwargs):
        before = ['0.2' if word == '120' else word for word in command[:command.index('qemu-img')]]
        return execute(*before, 'bash', '-c', f'echo $$ > {tmp_path}/pid; exec sleep 60', **kwargs)
    monkeypatch.setattr(qemu_img.processutils, 'execute', hang)
    with pytest.raises(qemu_img.QemuImgError, match='no end'):
        qemu_img.info('/x', 'raw')
    assert not pathlib.Path('/proc', (tmp_path / 'pid').read_text().strip()).exists()


def test_a_failure_tells_the_reason(conf, tmp_path):
    with pytest.raises(qemu_img.QemuImgError, match='(?i)no such file'):
        qemu_img.info(str(tmp_path / 'nothing'), 'raw')


def test_a_full_disk_is_recognised(conf, monkeypatch):
    def execute(*command, **kwargs):
        raise processutils.ProcessExecutionError(stderr='error while writing: No space left on device')
    monkeypatch.setattr(qemu_img.processutils, 'execute', execute)
    with pytest.raises(exception.DiskNotEnough):
        qemu_img.convert('/x', 'raw', '/y', 'raw')


def test_a_name_that_looks_like_an_option_is_a_name(conf, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    qemu_img.create('-f', 'raw', 512)
    assert (tmp_path / '-f').stat().st_size == 512
    assert qemu_img.info('-f', 'raw')['virtual-size'] == 512


# -- the whole source tree ---------------------------------------------------------------

def _strings(path):
    tree = ast.parse(path.read_text(encoding='utf-8'))
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [node.value for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation]


def test_qemu_img_is_named_in_one_module_only():
    elsewhere = [str(path) for path in SOURCES if path.name != 'qemu_img.py'
                 and any(text == 'qemu-img' or text.startswith('qemu-img ') for text in _strings(path))]
    assert elsewhere == []


def test_no_command_goes_through_a_shell():
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            if isinstance(node, ast.keyword) and node.arg == 'shell' and getattr(node.value, 'value', True):
                found.append(f'{path}:{node.value.lineno}')
            if isinstance(node, ast.Attribute) and node.attr in ('system', 'popen') \
                    and getattr(node.value, 'id', '') == 'os':
                found.append(f'{path}:{node.lineno}')
    assert found == []
