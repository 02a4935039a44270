# SPDX-License-Identifier: Apache-2.0
"""Mistakes that became advisories elsewhere, looked for in the text."""
import ast
import re

from tests.architecture import tree


def every_call():
    for module in tree.modules().values():
        for name, node in tree.calls(module):
            yield module, name, node


def keyword(node, name):
    return next((entry.value for entry in node.keywords if entry.arg == name), None)


def test_no_command_goes_through_a_shell():
    tree.report(
        f'{module.where(node.lineno)}: {name}' for module, name, node in every_call()
        if name in ('os.system', 'os.popen', 'subprocess.getoutput', 'subprocess.getstatusoutput')
        or isinstance(keyword(node, 'shell'), ast.Constant) and keyword(node, 'shell').value)


def test_nothing_is_unpickled_or_evaluated():
    wrong = [f'{module.where(entry.line)}: {entry.target}' for module in tree.modules().values()
             for entry in tree.imports(module)
             if entry.target in ('pickle', 'marshal', 'shelve', 'dill')]
    wrong += [f'{module.where(node.lineno)}: {name}' for module, name, node in every_call()
              if name in ('eval', 'exec', 'yaml.load', 'yaml.unsafe_load', 'os.tempnam', 'tempfile.mktemp')]
    tree.report(wrong)


def test_certificates_are_verified():
    tree.report(f'{module.where(node.lineno)}: verify=False' for module, _name, node in every_call()
                if isinstance(keyword(node, 'verify'), ast.Constant) and keyword(node, 'verify').value is False)


SECRETS = re.compile(r'(signature|token|password|secret|digest|hmac)s?$')


def test_secrets_are_compared_in_constant_time():
    """G2: how long a comparison takes tells how much of a guess is right (CVE-2014-3517)."""
    wrong = []
    for module in tree.modules().values():
        if not module.name.startswith(('mininova.api', 'mininova.console')):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
                sides = (node.left, node.comparators[0])
                if any(isinstance(side, ast.Constant) for side in sides):
                    continue
                if any(SECRETS.search(tree.dotted(side)) for side in sides):
                    wrong.append(f'{module.where(node.lineno)}: use hmac.compare_digest')
    tree.report(wrong)


def literal_words(node):
    return [child.value for child in ast.walk(node) if isinstance(child, ast.Constant) and isinstance(child.value, str)]


def test_qemu_img_is_always_told_the_format():
    """``info`` guesses by design and ``create`` makes; all others must say what they read (OSSA-2015-014, 2024-001)."""
    wrong = []
    for module in tree.modules().values():
        for _name, node in tree.functions(module):
            words = literal_words(node)
            if 'qemu-img' not in words:
                continue
            for command in {'convert', 'rebase', 'commit', 'resize', 'check'} & set(words):
                if not {'-f', '--image-opts'} & set(words):
                    wrong.append(f'{module.where(node.lineno)}: qemu-img {command} without -f')
            if 'create' in words and {'-b', '-o'} & set(words) and '-F' not in words \
                    and any('backing_file' in word or word == '-b' for word in words) \
                    and not any('backing_fmt' in word for word in words):
                wrong.append(f'{module.where(node.lineno)}: qemu-img create with a backing file of unsaid format')
    tree.report(wrong)


def test_qemu_img_runs_from_one_place():
    users = [name for name, module in tree.modules().items()
             if any('qemu-img' in literal_words(node) for _function, node in tree.functions(module))]
    assert len(users) <= 1, f'qemu-img is started in {users}'


def test_xml_is_built_and_read_by_a_library_that_escapes():
    """Names of servers go into guest XML: no text is pasted together (OSSA-2014-002 and its kind)."""
    wrong = []
    for name, module in tree.modules().items():
        if not name.startswith('mininova.virt'):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.JoinedStr):
                text = ''.join(part.value for part in node.values if isinstance(part, ast.Constant))
                if re.search(r'<[a-z]+[ />]', text):
                    wrong.append(module.where(node.lineno))
    tree.report(wrong)


def test_sql_is_never_pasted_together():
    wrong = []
    for module in tree.modules().values():
        for name, node in tree.calls(module):
            if name.endswith(('sa.text', 'exec_driver_sql', '.text')) and node.args:
                argument = node.args[0]
                pasted = isinstance(argument, (ast.JoinedStr, ast.BinOp))
                if pasted and module.name.startswith('mininova.db'):
                    wrong.append(module.where(node.lineno))
    tree.report(wrong)


def test_random_secrets_come_from_the_system():
    tree.report(f'{module.where(node.lineno)}: {name}' for module, name, node in every_call()
                if name in ('random.choice', 'random.choices', 'random.sample', 'random.getrandbits')
                and re.search(r'password|secret|token', ast.unparse(node), re.I))


def test_temporary_files_have_no_guessable_name():
    tree.report(module.where(node.lineno) for module in tree.modules().values() for node in ast.walk(module.tree)
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith('/tmp/'))


def test_modules_of_the_api_log_no_secret():
    """A log call never names a password or a token."""
    wrong = []
    for module, name, node in every_call():
        if name.startswith('LOG.') and any(
                re.search(r'(^|_|\.)(admin_pass(word)?|auth_token|user_data|private_key)$', tree.dotted(argument))
                for argument in node.args):
            wrong.append(module.where(node.lineno))
    tree.report(wrong)


def test_rows_become_a_dict_only_as_a_list():
    """A result of SQLAlchemy has keys(), so dict(result) takes it for a mapping and fails: say dict(result.all())."""
    tree.report(module.where(node.lineno) for module, name, node in every_call()
                if name == 'dict' and node.args and isinstance(node.args[0], ast.Call)
                and tree.dotted(node.args[0].func).endswith('.execute'))
