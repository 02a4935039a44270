# SPDX-License-Identifier: Apache-2.0
"""Quota is exact at every instant, whatever runs at the same time."""
import threading

from mininova import concurrency


def run_together(functions):
    """Run functions beside each other and return their results."""
    start = threading.Event()

    def wait_and(function):
        start.wait()
        return function()
    workers = [concurrency.spawn(wait_and, function) for function in functions]
    start.set()
    return [worker.wait() for worker in workers]


def test_of_fifty_creates_exactly_ten_succeed(lab, demo, edge, conf):
    conf.config(group='quota', instances=10, cores=-1, ram=-1)
    answers = run_together([lambda number=number: lab.boot(demo, name=f'vm{number}') for number in range(50)])
    assert sorted({answer.status for answer in answers}) == [202, 403]
    assert sum(answer.status == 202 for answer in answers) == 10
    assert len(demo.get('/servers').json['servers']) == 10
    assert len(edge.sent) == 10


def test_the_scarcest_resource_decides_and_several_at_once_share_it(lab, demo, conf):
    conf.config(group='quota', instances=-1, cores=7, ram=-1)
    answers = run_together([lambda: lab.boot(demo, min_count=1, max_count=3) for _ in range(6)])
    assert len(demo.get('/servers').json['servers']) == 7
    assert 202 in {answer.status for answer in answers}


def test_a_range_takes_what_is_left(lab, demo, edge, conf):
    conf.config(group='quota', instances=3)
    assert lab.boot(demo, min_count=2, max_count=9).status == 202
    assert len(edge.sent[0].instance_uuids) == 3
    assert lab.boot(demo, max_count=2).status == 403


def test_a_deleted_server_gives_its_place_back(lab, demo, conf):
    conf.config(group='quota', instances=1)
    uuid = lab.boot(demo).json['server']['id']
    assert lab.boot(demo).status == 403
    assert demo.delete(f'/servers/{uuid}').status == 204
    assert lab.boot(demo).status == 202


def test_limits_of_a_user_count_inside_the_project(lab, demo, api, cloud):
    cloud.insert('quotas', project_id='demo-project', user_id='demo', resource='instances', hard_limit=1)
    assert [lab.boot(demo).status for _ in range(2)] == [202, 403]
    assert lab.boot(api.user('colleague', 'demo-project')).status == 202


def test_an_absurd_number_of_servers_is_refused_at_once(lab, demo, edge, conf):
    conf.config(group='quota', cores=-1, ram=-1)
    for number in (2 ** 31 - 1, 2 ** 63, '9' * 5000):
        assert lab.boot(demo, min_count=number).fault == (
            'forbidden', 'Quota exceeded for instances: Requested 2147483647, but already used 0 of 10 instances')
    assert edge.sent == []


def test_without_quota_one_request_makes_a_thousand_servers_at_most(lab, demo, edge, conf):
    conf.config(group='quota', instances=-1, cores=-1, ram=-1)
    assert lab.boot(demo, min_count=2 ** 63).fault == (
        'badRequest', 'min_count is 2147483647; one request makes 1000 servers at most')
    assert lab.boot(demo, max_count=2 ** 63).status == 202
    assert len(edge.sent[0].instance_uuids) == 1000
