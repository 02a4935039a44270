# SPDX-License-Identifier: Apache-2.0
"""IsolatedHostsFilter: every combination of options, image and host."""
import pytest

from mininova.scheduler import filters
from mininova.scheduler.filters import isolated_hosts_filter
from tests.unit.scheduler import states


@pytest.mark.parametrize(('images', 'hosts', 'restrict', 'passing'), [
    # which of: common image on common host, on isolated host, isolated image on common host, on isolated host
    ([], [], True, (True, True, True, True)),
    (['image'], ['iso'], True, (True, False, False, True)),
    (['image'], ['iso'], False, (True, True, False, True)),
    (['image'], [], True, (True, True, False, False)),
    ([], ['iso'], True, (True, False, True, False)),
    ([], ['iso'], False, (True, True, True, True)),
])
def test_images_and_hosts(conf, images, hosts, restrict, passing):
    conf.config(group='filter_scheduler', isolated_images=images, isolated_hosts=hosts,
                restrict_isolated_hosts_to_isolated_images=restrict)
    found = []
    for image in (False, True):
        tester = isolated_hosts_filter.IsolatedHostsFilter(states.spec(image=image))
        for host in ('cmp1', 'iso'):
            found.append(not tester.applies or tester.host_passes(states.state(host=host)) is filters.PASS)
    assert tuple(found) == passing


def test_the_reason_says_which_way_round_it_is(conf):
    conf.config(group='filter_scheduler', isolated_images=['image'], isolated_hosts=['iso'])
    image, other = (isolated_hosts_filter.IsolatedHostsFilter(states.spec(image=image)) for image in (True, False))
    assert image.host_passes(states.state()).text == 'not among the isolated hosts, where the image belongs'
    assert other.host_passes(states.state(host='iso')).text == 'for isolated images only'
