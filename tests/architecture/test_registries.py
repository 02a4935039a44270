# SPDX-License-Identifier: Apache-2.0
"""What is declared in one place and used in another: neither without the other."""
import ast
import configparser
import importlib
import inspect
import itertools
import re

import jsonschema
import pytest

from mininova import manager, policies
from mininova.api import validation
from mininova.api.openstack import extensions, wsgi
from mininova.api.validation import formats
from mininova.conf import section_modules
from mininova.scheduler import filters, weights
from tests.architecture import tree

# Operations that everybody may call: no rule is asked.
OPEN_TO_ALL = {
    'mininova.api.openstack.compute.versions',
    'mininova.api.openstack.compute.image_metadata',
    'mininova.api.openstack.compute.images',
}
WITHOUT_QUERY_SCHEMA = {'mininova.api.openstack.compute.versions'}


def entry_points():
    """Return [(group, name, module, attribute)] of setup.cfg."""
    parser = configparser.ConfigParser()
    parser.optionxform = str
    parser.read(tree.ROOT / 'setup.cfg')
    found = []
    for group, lines in parser['entry_points'].items():
        for line in filter(None, lines.splitlines()):
            name, _, target = (part.strip() for part in line.partition('='))
            module, _, attribute = target.partition(':')
            found.append((group, name, module, attribute))
    return found


ENTRY_POINTS = entry_points()


@pytest.mark.parametrize('group, name, module, attribute', ENTRY_POINTS,
                         ids=[f'{group}:{name}' for group, name, *_ in ENTRY_POINTS])
def test_an_entry_point_leads_to_something(group, name, module, attribute):
    if module == 'mininova.virt.libvirt.driver':
        assert module in tree.modules()
        assert re.search(rf'^class {attribute}\b', tree.modules()[module].text, re.M)
        return
    assert callable(getattr(importlib.import_module(module), attribute))


def loaded(group):
    found = []
    for its_group, _name, module, attribute in ENTRY_POINTS:
        if its_group == group and module in tree.modules():
            found.append(getattr(importlib.import_module(module), attribute))
    return found


def leaf_classes(package, base):
    """Return (module, name) of the subclasses of a base that are nobody's base, defined inside a package."""
    for name in tree.modules():
        if name.startswith(package + '.'):
            importlib.import_module(name)

    def walk(class_):
        children = class_.__subclasses__()
        return [leaf for child in children for leaf in walk(child)] if children else [class_]
    return {(leaf.__module__, leaf.__name__) for leaf in walk(base) if leaf.__module__.startswith(package + '.')}


@pytest.mark.parametrize('group, package, base', [
    ('mininova.api.v21.extensions', 'mininova.api.openstack.compute', extensions.Extension),
    ('mininova.scheduler.filters', 'mininova.scheduler.filters', filters.BaseHostFilter),
    ('mininova.scheduler.weights', 'mininova.scheduler.weights', weights.BaseHostWeigher),
])
def test_what_can_be_plugged_in_is_in_setup_cfg(group, package, base):
    registered = {(module, attribute) for its_group, _name, module, attribute in ENTRY_POINTS if its_group == group}
    tree.report(f'{module}:{name} is not in {group}' for module, name in leaf_classes(package, base) - registered)


@pytest.mark.parametrize('package, mark', [
    ('mininova.conf', 'def register_opts'), ('mininova.policies', 'def list_rules'),
    ('mininova.objects', '@base.register')])
def test_the_list_of_modules_is_the_folder(package, mark):
    listed = set(importlib.import_module(package).MODULES)
    present = {name.rpartition('.')[2] for name, module in tree.modules().items()
               if name.startswith(package + '.') and mark in module.text}
    assert listed == present


# -- the API ---------------------------------------------------------------------------


def operations():
    """Yield (identifier, controller class, function, HTTP method) of everything the API offers."""
    for extension in loaded('mininova.api.v21.extensions'):
        routes = itertools.chain(extension.routes, *(resource.routes() for resource in extension.resources))
        for route in routes:
            for name, functions in wsgi.functions_of(route.controller):
                if name == route.action:
                    yield from ((f'{extension.alias} {route.method} {route.path} {name}', route.controller, function,
                                 route.method) for function in functions if not hasattr(function, 'wsgi_action'))
        controllers = [entry.controller for entry in (*extension.resources, *extension.actions)]
        for controller in dict.fromkeys(controllers):
            for name, functions in wsgi.functions_of(controller):
                yield from ((f'{extension.alias} action {name}', controller, function, 'POST')
                            for function in functions if hasattr(function, 'wsgi_action'))


def is_removed(function):
    return hasattr(function, 'wsgi_removed')


def asks_policy(controller, function, seen=()):
    """Tell whether a method, or a helper of its module that it calls, asks a policy rule."""
    node = _source(function)
    if node is None:
        return False
    module = importlib.import_module(function.__module__)
    for call in (child for child in ast.walk(node) if isinstance(child, ast.Call)):
        name = tree.dotted(call.func)
        last = name.rpartition('.')[2]
        if last == 'can':
            return True
        target = _callee(controller, module, name)
        if target is not None and target not in seen and asks_policy(controller, target, (*seen, target)):
            return True
    return False


def _source(function):
    module = tree.modules().get(function.__module__)
    line = inspect.unwrap(function).__code__.co_firstlineno
    for _name, node in tree.functions(module) if module else ():
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        if first == line and node.name == function.__name__:
            return node
    return None


def _callee(controller, module, name):
    owner, _, attribute = name.rpartition('.')
    if owner == 'self':
        found = inspect.getattr_static(controller, attribute, None)
    elif not owner:
        found = getattr(module, attribute, None)
    else:
        found = getattr(getattr(module, owner, None), attribute, None)
    found = getattr(found, '__func__', found)
    return found if inspect.isfunction(found) and found.__module__.startswith('mininova.api.') else None


def test_every_operation_asks_a_policy_rule():
    tree.report(identifier for identifier, controller, function, _method in operations()
                if not is_removed(function) and controller.__module__ not in OPEN_TO_ALL
                and not asks_policy(controller, function))


def test_every_operation_with_a_body_has_a_schema():
    tree.report(identifier for identifier, _controller, function, _method in operations()
                if not is_removed(function) and 'body' in inspect.signature(function).parameters
                and not hasattr(function, validation.BODY_SCHEMA))


def test_every_reading_operation_has_a_schema_for_its_query():
    tree.report(identifier for identifier, controller, function, method in operations()
                if method == 'GET' and not is_removed(function) and controller.__module__ not in WITHOUT_QUERY_SCHEMA
                and not hasattr(function, validation.QUERY_SCHEMA))


def test_every_operation_has_a_schema_for_its_answer():
    tree.report(identifier for identifier, _controller, function, _method in operations()
                if not is_removed(function)
                and not hasattr(function, validation.RESPONSE_SCHEMA))


def answers():
    """Yield (identifier with version, schema) of the answers of all operations, the same schema once."""
    seen = set()
    for identifier, _controller, function, _method in operations():
        found = getattr(function, validation.RESPONSE_SCHEMA, None)
        if found is not None and found not in seen:
            seen.add(found)
            yield from ((f'{identifier} from {version}', schema) for version, schema in found.entries().items())


def loose_parts(schema):
    """Yield the parts of a schema that let anything through: objects with any key, and schemas that say nothing.

    What is open by its nature says why in ``$comment``.
    """
    if not schema and isinstance(schema, dict):
        yield schema
    elif isinstance(schema, dict):
        is_object = 'object' in schema.get('type', ()) or 'properties' in schema or 'required' in schema
        if is_object and schema.get('additionalProperties', True) is True and '$comment' not in schema:
            yield schema
        for keyword, value in schema.items():
            inner = value.values() if keyword == 'properties' else () if keyword == 'not' else [value]
            yield from itertools.chain.from_iterable(map(loose_parts, inner))
    elif isinstance(schema, list):
        yield from itertools.chain.from_iterable(map(loose_parts, schema))


def test_answers_are_described_exactly():
    tree.report(f'{identifier}: anything is right for {found}' for identifier, schema in answers()
                for found in loose_parts(schema))


def test_the_schemas_of_answers_are_schemas():
    wrong = []
    for identifier, schema in answers():
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as error:
            wrong.append(f'{identifier}: {error.message}')
        unknown = sorted(formats_of(schema) - set(formats.CHECKER.checkers))
        wrong += [f'{identifier}: nobody checks the format {name}' for name in unknown]
    tree.report(wrong)


def formats_of(schema):
    if isinstance(schema, list):
        return set().union(*map(formats_of, schema))
    if not isinstance(schema, dict):
        return set()
    mine = {schema['format']} if isinstance(schema.get('format'), str) else set()
    return mine.union(*map(formats_of, schema.values()))


def test_core_extensions_are_there():
    assert {'servers', 'flavors', 'os-keypairs', 'versions'} <= {
        extension.alias for extension in loaded('mininova.api.v21.extensions')}


def test_aliases_are_unique():
    aliases = [extension.alias for extension in loaded('mininova.api.v21.extensions')]
    assert len(aliases) == len(set(aliases))
    assert all(issubclass(extension, extensions.Extension) for extension in loaded('mininova.api.v21.extensions'))


# -- policy rules ----------------------------------------------------------------------


def test_every_policy_rule_is_asked_somewhere():
    used = set()
    for name, module in tree.modules().items():
        if name.startswith('mininova.policies'):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute):
                used.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                used.add(node.value)
    unused = []
    for short in policies.MODULES:
        module = importlib.import_module(f'mininova.policies.{short}')
        names = {value: name for name, value in vars(module).items() if isinstance(value, str)}
        unused += [f'{short}: {rule.name}' for rule in module.list_rules()
                   if short != 'base' and not {rule.name, names.get(rule.name)} & used]
    tree.report(unused)


def test_policy_names_are_unique_and_say_what_they_are_for():
    rules = policies.list_rules()
    assert len({rule.name for rule in rules}) == len(rules)
    tree.report(rule.name for rule in rules if not (rule.description or '').strip().endswith('.'))


# -- options ---------------------------------------------------------------------------


def our_options():
    """Yield (section, option) of the options that are ours and not a library's."""
    for module in section_modules():
        for section, options in module.list_opts():
            yield from ((str(section), option) for option in options)


def test_every_option_is_read_somewhere():
    text = '\n'.join(module.text for name, module in tree.modules().items() if not name.startswith('mininova.conf.'))
    defaults = ' '.join(str(option.default) for _section, option in our_options())
    unread = []
    for section, option in our_options():
        name = option.dest
        pieces = [rf'\}}{re.escape(name[position:])}\b' for position, letter in enumerate(name) if letter == '_']
        patterns = [rf'\.{name}\b', rf'''['"]{re.escape(option.name)}['"]''', *pieces]
        if not any(re.search(pattern, text) for pattern in patterns) and f'${name}' not in defaults:
            unread.append(f'[{section}] {option.name}')
    tree.report(unread)


def test_every_option_says_what_it_does():
    tree.report(f'[{section}] {option.name}' for section, option in our_options()
                if len((option.help or '').strip()) < 8)


def test_numbers_have_limits():
    wrong = []
    for section, option in our_options():
        is_open = type(option.type).__name__ in ('Integer', 'Float') and option.type.min is None
        may_be_negative = option.name.endswith('_multiplier') or _is_negative(option.default)
        # A wrong number of workers is answered in words at the start, by mininova/service.py.
        if is_open and not may_be_negative and not option.name.endswith('_workers'):
            wrong.append(f'[{section}] {option.name}')
    tree.report(wrong)


def _is_negative(default):
    return isinstance(default, (int, float)) and default < 0


def test_options_are_read_when_used_and_not_at_import():
    wrong = []
    for name, module in tree.modules().items():
        if name.startswith('mininova.conf'):
            continue
        top = [node for statement in module.tree.body for node in _outside_functions(statement)]
        wrong += [f'{module.where(node.lineno)}: {tree.dotted(node)}' for node in top
                  if isinstance(node, ast.Attribute) and tree.dotted(node).startswith('CONF.')
                  and not tree.dotted(node).startswith(('CONF.register', 'CONF.import'))]
    tree.report(wrong)


def _outside_functions(node):
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _outside_functions(child)


# -- RPC -------------------------------------------------------------------------------

NOT_MESSAGES = {'server', 'timeout'}
# The generic part of the object gateway is called by the objects themselves.
HANDLERS = {
    ('compute', None): [('mininova.compute.operations', 'Operations')],
    ('conductor', None): [('mininova.conductor.manager', 'ConductorManager')],
    ('conductor', 'compute_task'): [('mininova.conductor.manager', 'ComputeTaskManager')],
    ('scheduler', None): [('mininova.scheduler.manager', 'SchedulerManager')],
    ('network', None): [('mininova.network.manager', 'NetworkManager')],
}


def sent_messages():
    """Return {(topic, namespace): {method: (place, keywords)}} of what rpcapi modules send."""
    found = {}
    for name, module in tree.modules().items():
        if not name.endswith('.rpcapi'):
            continue
        runtime = importlib.import_module(name)
        for node in (node for node in module.tree.body if isinstance(node, ast.ClassDef)):
            client = getattr(runtime, node.name)
            messages = found.setdefault((client.TOPIC, client.NAMESPACE), {})
            for call in (child for child in ast.walk(node) if isinstance(child, ast.Call)):
                if tree.dotted(call.func) in ('self._cast', 'self._call', 'self._long_call'):
                    method = call.args[1].value
                    keywords = {keyword.arg for keyword in call.keywords} - NOT_MESSAGES
                    messages[method] = (module.where(call.lineno), keywords)
    return found


def handlers_of(key):
    """Return {method: function} of what answers on a topic."""
    found = {}
    for module_name, suffix in HANDLERS[key]:
        names = [name for name in tree.modules() if name == module_name or name.startswith(module_name + '.')]
        for name in names:
            for class_name, class_ in inspect.getmembers(importlib.import_module(name), inspect.isclass):
                if class_.__module__ == name and class_name.endswith(suffix) and class_name != 'Operations':
                    found.update({method: function for method, function in vars(class_).items()
                                  if not method.startswith('_') and inspect.isfunction(function)
                                  and not hasattr(manager.Manager, method)})
    return found


def undecorated(function):
    """Return what oslo.messaging's expected_exceptions hides; it does not tell."""
    function = inspect.unwrap(function)
    inner = [cell.cell_contents for cell in function.__closure__ or () if inspect.isfunction(cell.cell_contents)]
    return undecorated(inner[0]) if function.__module__.startswith('oslo_messaging') and inner else function


def test_every_topic_has_handlers():
    assert set(sent_messages()) == set(HANDLERS)


@pytest.mark.parametrize('key', HANDLERS, ids=str)
def test_both_ends_of_rpc_agree(key):
    sent, handled = sent_messages()[key], handlers_of(key)
    problems = [f'{place}: {method} has no handler' for method, (place, _) in sent.items() if method not in handled]
    problems += [f'{function.__qualname__} is never called over RPC' for method, function in handled.items()
                 if method not in sent]
    for method, (place, keywords) in sent.items():
        if method not in handled:
            continue
        parameters = inspect.signature(undecorated(handled[method])).parameters.values()
        accepted = {parameter.name for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD}
        required = {parameter.name for parameter in parameters
                    if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD}
        if not keywords <= accepted - {'self', 'context'}:
            problems.append(f'{place}: {method} does not take {sorted(keywords - accepted)}')
        if not required - {'self', 'context'} <= keywords:
            problems.append(f'{place}: {method} also needs {sorted(required - keywords - {"self", "context"})}')
    tree.report(problems)
