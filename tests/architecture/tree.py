# SPDX-License-Identifier: Apache-2.0
"""The source tree as data: each module with its imports, functions and calls.  No module of ours is imported for it."""
import ast
import dataclasses
import functools
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = 'mininova'


@dataclasses.dataclass(frozen=True)
class Import:
    """One imported module.

    :param target: dotted name of the module that is meant
    :param line: where
    :param inside: name of the function it stands in, '' at the top of the module
    """
    target: str
    line: int
    inside: str


@dataclasses.dataclass(frozen=True, eq=False)
class Module:
    """One file of the package."""
    name: str
    path: pathlib.Path
    text: str
    tree: ast.Module
    is_package: bool

    @property
    def lines(self):
        return self.text.count('\n')

    @property
    def short(self):
        """The name without the package: 'compute.manager'."""
        return self.name.partition('.')[2]

    def where(self, line):
        return f'{self.path.relative_to(ROOT)}:{line}'


def _name_of(path, base):
    parts = path.relative_to(base).with_suffix('').parts
    return '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)


def _load(path, base):
    text = path.read_text()
    return Module(_name_of(path, base), path, text, ast.parse(text, str(path)), path.name == '__init__.py')


@functools.cache
def modules():
    """Return all modules of the package by name, alembic's versions left out (they are run by path)."""
    found = [_load(path, ROOT) for path in sorted((ROOT / PACKAGE).rglob('*.py'))
             if 'versions' not in path.parts]
    return {module.name: module for module in found}


@functools.cache
def python_files():
    """Return every Python file of the project, tests and programs too."""
    return [_load(path, ROOT) for folder in (PACKAGE, 'tests', 'benchmarks', 'doc', 'devstack', 'tools')
            for path in sorted((ROOT / folder).rglob('*.py')) if 'build' not in path.parts]


@functools.cache
def imports(module):
    """Return what a module imports: ``from x import y`` means x.y where that is a module, else x."""
    found = []

    def resolve(node):
        base = node.module or ''
        if node.level:
            parts = module.name.split('.') if module.is_package else module.name.split('.')[:-1]
            base = '.'.join([*parts[:len(parts) - node.level + 1], *([base] if base else [])])
        for alias in node.names:
            full = f'{base}.{alias.name}'
            yield full if full in modules() or not base.startswith(PACKAGE) else base

    def walk(node, inside):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                found.extend(Import(alias.name, child.lineno, inside) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                found.extend(Import(target, child.lineno, inside) for target in resolve(child))
            elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                walk(child, inside + '.' + child.name if inside else child.name)
            else:
                walk(child, inside)
    walk(module.tree, '')
    return found


def our_imports(module):
    """Return the imports that stay inside the package."""
    return [entry for entry in imports(module) if entry.target == PACKAGE or entry.target.startswith(PACKAGE + '.')]


@functools.cache
def functions(module):
    """Return [(qualified name, node)] of all functions, the nested ones too."""
    def walk(node, prefix):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield f'{prefix}{child.name}', child
                yield from walk(child, f'{prefix}{child.name}.')
            elif isinstance(child, ast.ClassDef):
                yield from walk(child, f'{prefix}{child.name}.')
            else:
                yield from walk(child, prefix)
    return list(walk(module.tree, ''))


@functools.cache
def calls(module):
    """Return [(dotted name of what is called, node)] of all calls: 'subprocess.run', 'self.client.cast'."""
    return [(dotted(node.func), node) for node in ast.walk(module.tree) if isinstance(node, ast.Call)]


def dotted(node):
    """Return the dotted name of an expression, '' for what has none."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return '.'.join(reversed(parts))


def report(problems):
    """Fail with the list of what is wrong, one line each."""
    problems = sorted(problems)
    assert not problems, f'{len(problems)} found:\n' + '\n'.join(problems)
