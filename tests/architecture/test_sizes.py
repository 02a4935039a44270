# SPDX-License-Identifier: Apache-2.0
"""Small files, small functions, no cycles."""
import ast
import io
import re
import tokenize

from tests.architecture import tree

MOST_LINES_OF_A_FILE = 500
MOST_LINES_OF_A_FUNCTION = 60


def test_files_are_short():
    tree.report(f'{module.where(1)} has {module.lines} lines' for module in tree.python_files()
                if module.lines > MOST_LINES_OF_A_FILE)


def test_functions_are_short():
    tree.report(
        f'{module.where(node.lineno)}: {name} has {node.end_lineno - node.lineno + 1} lines'
        for module in tree.python_files() for name, node in tree.functions(module)
        if node.end_lineno - node.lineno + 1 > MOST_LINES_OF_A_FUNCTION)


def test_half_of_the_files_are_a_page_or_two():
    lines = sorted(module.lines for module in tree.modules().values() if module.lines > 3)
    assert lines[len(lines) // 2] <= 140, 'the median file grew: style asks for 110 lines'


def cycles(graph):
    """Return the strongly connected parts of a graph that have more than one node (Tarjan, without recursion)."""
    order, low, on_stack, stack, found = {}, {}, set(), [], []
    for root in graph:
        if root in order:
            continue
        work = [(root, iter(graph[root]))]
        order[root] = low[root] = len(order)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, successors = work[-1]
            for successor in successors:
                if successor not in order:
                    order[successor] = low[successor] = len(order)
                    stack.append(successor)
                    on_stack.add(successor)
                    work.append((successor, iter(graph[successor])))
                    break
                if successor in on_stack:
                    low[node] = min(low[node], order[successor])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    part = []
                    while not part or part[-1] != node:
                        part.append(stack.pop())
                        on_stack.discard(part[-1])
                    if len(part) > 1:
                        found.append(sorted(part))
    return found


def test_cycles_are_seen():
    assert cycles({'a': ['b'], 'b': ['c'], 'c': ['a'], 'd': ['a']}) == [['a', 'b', 'c']]
    assert cycles({'a': ['b'], 'b': ['c'], 'c': []}) == []


def test_no_module_needs_itself():
    """Imports inside functions count too."""
    graph = {name: [entry.target for entry in tree.our_imports(module)
                    if entry.target in tree.modules() and entry.target != name]
             for name, module in tree.modules().items()}
    tree.report(' <-> '.join(part) for part in cycles(graph))


def test_every_file_names_its_licence_and_its_purpose():
    wrong = []
    for module in tree.python_files():
        head = module.text.splitlines()[:2]
        if module.text.strip() and '# SPDX-License-Identifier: Apache-2.0' not in head:
            wrong.append(f'{module.where(1)}: no SPDX line')
        if module.text.strip() and not ast.get_docstring(module.tree):
            wrong.append(f'{module.where(1)}: no docstring')
    tree.report(wrong)


def test_modules_name_their_counterpart_in_nova():
    """Who knows Nova finds the way: most modules say which file of Nova they stand for."""
    silent = [name for name, module in tree.modules().items()
              if module.lines > 60 and 'Nova' not in (ast.get_docstring(module.tree) or '')]
    assert len(silent) * 4 < len(tree.modules()), f'{len(silent)} modules name no counterpart: {", ".join(silent)}'


def test_nobody_leaves_notes_to_self():
    wrong = []
    for module in tree.python_files():
        for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
            if token.type == tokenize.COMMENT and re.search(r'\b(TODO|FIXME|XXX)\b|NOTE\(', token.string):
                wrong.append(f'{module.where(token.start[0])}: {token.string[:60]}')
    tree.report(wrong)
