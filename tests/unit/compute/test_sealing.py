# SPDX-License-Identifier: Apache-2.0
"""Secrets of a create request are sealed while they wait."""
import pytest

from mininova.compute import sealing


@pytest.fixture(autouse=True)
def connection(conf):
    conf.config(group='database', connection='mysql+pymysql://nova:s3cret@db/nova')


def test_what_is_sealed_can_be_unsealed_and_not_read():
    text = sealing.seal('p\u00e4ssword', [['/etc/motd', 'aGk=']])
    assert 'motd' not in text and 'ssword' not in text
    assert sealing.unseal(text) == ('p\u00e4ssword', [['/etc/motd', 'aGk=']])


def test_the_same_secret_is_never_sealed_twice_alike():
    assert sealing.seal('x', []) != sealing.seal('x', [])


def test_no_files_are_an_empty_list():
    assert sealing.unseal(sealing.seal('x', None)) == ('x', [])


def test_another_connection_reads_nothing_and_says_so(conf, caplog):
    text = sealing.seal('x', [])
    conf.config(group='database', connection='mysql+pymysql://nova:other@db/nova')
    assert sealing.unseal(text) == (None, [])
    assert '[database] connection differs' in caplog.text


def test_a_changed_text_is_not_believed(caplog):
    text = sealing.seal('x', [])
    assert sealing.unseal(text[:-2] + 'AA') == (None, [])
