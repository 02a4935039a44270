# SPDX-License-Identifier: Apache-2.0
"""The pages of the API reference, made of routes, schemas and the answers to the requests of ``story.py``.

``tools/generate_api_reference.sh`` writes them into doc/source/api; a test compares them.
"""
import json
import re

from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import openapi

LAST = versions.max_api_version()
_UUID = re.compile(r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}')
# What differs from run to run, and what stands for it.
_PASSING = (
    (re.compile(r'\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d'), r'2026-01-02\g<1>03:04:05'),
    (re.compile(r'(?<=:05)\.\d{6}'), '.000000'),
    (re.compile(r'\br-[a-z0-9]{8}\b'), 'r-0a1b2c3d'),
    (re.compile(r'("adminPass": )"(?!correct-horse)[^"]*"'), r'\1"S3cretPa55wd"'),
    (re.compile(r'("uptime": )\d{7,}'), r'\g<1>27000000'),
    (re.compile(r'[0-9a-f]{56}'), '0' * 56),
    (re.compile(r'([0-9a-f]{2}:){5}[0-9a-f]{2}'), '52:54:00:12:34:56'))


def settled(text):
    """Return a text with ids numbered in the order of their appearance and without what passes."""
    known = {}
    text = _UUID.sub(lambda found: known.setdefault(
        found[0], f'00000000-0000-4000-8000-{len(known) + 1:012d}'), text)
    for pattern, instead in _PASSING:
        text = pattern.sub(instead, text)
    return text


def title(chapter):
    """Return the heading of a chapter, e.g. 'servers/tags' -> '/servers/.../tags'."""
    first, _, second = chapter.partition('/')
    return f'/{first}/.../{second}' if second else f'/{first}'


def file_name(chapter):
    return chapter.replace('/', '-') + '.rst'


def page(chapter, entries):
    """Return a page.

    :param entries: list of (operations of one key, Request, answer or None, version)
    """
    heading = title(chapter)
    parts = [f'{heading}\n{"=" * len(heading)}\n']
    parts += [_section(*entry) for entry in entries]
    return '\n'.join(parts)


def _section(served, asked, answer, version):
    newest = served[-1]
    heading = f'{newest.method} {newest.path}' + (f' {newest.action}' if newest.action else '')
    parts = [f'{heading}\n{"-" * len(heading)}\n', f'{newest.summary}\n', f'Microversions: {span(served)}.\n']
    if newest.is_removed:
        release, why = newest.served_by.removed
        return '\n'.join([*parts[:1], f'Removed in release {release}: it answers 410 Gone. {why}\n'])
    at = versions.parse(f'2.{version}')
    parts += _table('Query', _fields(newest.served_by.query_schema, at, query=True))
    parts += _table('Request', _fields(newest.served_by.body_schema, at))
    parts += _table('Answer', _fields(newest.served_by.response_schema, at))
    return '\n'.join([*parts, _example(newest, asked, answer, version)])


def span(served):
    """Return the range of an operation in words."""
    first, last = served[0].first, served[-1].last
    return f'{first} and later' if last is None else f'{first} to {last}; 404 above'


def _fields(schema_map, version, query=False):
    schema = schema_map.schema_for(version) if schema_map else None
    found = openapi.modern(schema) if schema else {}
    if query:
        return [(name, _kind(values.get('items', {})), '') for name, values in found.get('properties', {}).items()]
    return list(_walk(found, ''))


def _walk(schema, prefix):
    """Yield (name with the way to it, type, whether it is required) of what is inside objects and arrays."""
    required = schema.get('required', ())
    for name, inner in schema.get('properties', {}).items():
        yield f'{prefix}{name}', _kind(inner), 'yes' if name in required else ''
        yield from _walk(inner, f'{prefix}{name}.')
        if isinstance(inner.get('items'), dict):
            yield from _walk(inner['items'], f'{prefix}{name}[].')
    for choice in ('oneOf', 'anyOf'):
        for one in schema.get(choice, ()):
            yield from _walk(one, prefix)


def _kind(schema):
    if 'const' in schema:
        return json.dumps(schema['const'])
    if 'enum' in schema:
        shown = [json.dumps(value) for value in schema['enum']]
        return ', '.join(shown if len(shown) <= 8 else [*shown[:7], '...'])
    for choice in ('oneOf', 'anyOf', 'allOf'):
        if choice in schema:
            return ' or '.join(dict.fromkeys(filter(None, map(_kind, schema[choice]))))
    kinds = schema.get('type', 'any')
    text = ' or '.join([kinds] if isinstance(kinds, str) else kinds)
    if text == 'array' and isinstance(schema.get('items'), dict):
        return f'array of {_kind(schema["items"])}'
    return f'{text} ({schema["format"]})' if 'format' in schema else text


def _table(caption, rows):
    """Return a definition of the fields of a document."""
    if not rows:
        return []
    lines = [f'.. list-table:: {caption}', '   :header-rows: 1', '   :widths: 50 40 10', '',
             '   * - Name', '     - Type', '     - Required' if caption != 'Query' else '     -']
    for name, kind, required in dict.fromkeys(rows):
        lines += [f'   * - ``{name}``', f'     - {_escaped(kind)}', f'     - {required}'.rstrip()]
    return ['\n'.join(lines) + '\n']


def _escaped(text):
    return text.replace('\\', r'\\').replace('*', r'\*').replace('_', r'\_').replace('|', r'\|').replace('`', r'\`')


def _example(operation, asked, answer, version):
    path = operation.path.format(**asked.ids) + (f'?{asked.query}' if asked.query else '')
    lines = [f'{operation.method} /v2.1{path} HTTP/1.1', f'OpenStack-API-Version: compute 2.{version}']
    if asked.body is not None and operation.method in ('POST', 'PUT'):
        lines += ['', json.dumps(asked.body, indent=2)]
    lines += ['', f'HTTP/1.1 {answer.status}']
    lines += [f'{name}: {answer.headers[name]}' for name in ('Location',) if name in answer.headers]
    if answer.body:
        lines += ['', json.dumps(answer.json, indent=2)]
    text = settled('\n'.join(lines))
    return 'Example::\n\n' + '\n'.join(f'    {line}'.rstrip() for line in text.split('\n')) + '\n'


def table_of_operations(rows):
    """Return the page with the answers of all operations.

    :param rows: (method, path, action or None, answers in words)
    """
    lines = ['Operations and their answers', '============================', '',
             'What each operation answers at which microversion, measured with requests to the service. 404 stands for',
             'an operation that is not offered there, 410 for one that Nova removed; operations that need a volume,',
             'share or bare metal service answer as Nova does without one.', '',
             '.. list-table::', '   :header-rows: 1', '   :widths: 8 50 17 25', '',
             '   * - Method', '     - Path', '     - Action', '     - Answers']
    for method, path, action, answers in rows:
        lines += [f'   * - {method}', f'     - ``{path}``', f'     - {action or ""}'.rstrip(), f'     - {answers}']
    return '\n'.join(lines) + '\n'


def index(chapters):
    """Return the page that leads to the chapters."""
    lines = ['API reference', '=============', '',
             'The Compute API as this release serves it: what each operation takes and gives at the newest',
             'microversion that has it, with a request and its answer. ``nova-manage api openapi`` prints the same for',
             'programs, at any microversion.', '', '.. toctree::', '   :maxdepth: 1', '', '   operations']
    return '\n'.join([*lines, *(f'   {file_name(chapter).removesuffix(".rst")}' for chapter in chapters)]) + '\n'
