# SPDX-License-Identifier: Apache-2.0
"""Key pairs: what mininova.crypto makes and refuses."""
import base64
import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import oid

from mininova import crypto, exception


def line_of(key):
    return key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()


@pytest.mark.parametrize('make', [
    lambda: ed25519.Ed25519PrivateKey.generate(), lambda: ec.generate_private_key(ec.SECP256R1()),
    lambda: ec.generate_private_key(ec.SECP384R1()), lambda: ec.generate_private_key(ec.SECP521R1())])
def test_modern_keys_are_taken(make):
    line = line_of(make())
    assert crypto.clean_ssh_public_key(line) == line
    expected = hashlib.md5(base64.b64decode(line.split()[1])).hexdigest()
    assert crypto.generate_fingerprint(line).replace(':', '') == expected


def test_comments_keep_their_words_and_lose_control_characters():
    line = line_of(ed25519.Ed25519PrivateKey.generate())
    assert crypto.clean_ssh_public_key(f'{line} my key\x07 at home\x7f ') == f'{line} my key at home'


@pytest.mark.parametrize('separator', ['\n', '\r', '\r\n', '\x0b', '\x0c', '\x1c', '\x85', '\u2028', '\u2029'])
def test_a_second_line_is_refused_however_lines_are_told_apart(separator):
    line = line_of(ed25519.Ed25519PrivateKey.generate())
    with pytest.raises(exception.InvalidKeypair):
        crypto.clean_ssh_public_key(line + separator + line)


def test_options_before_the_key_are_refused():
    line = line_of(ed25519.Ed25519PrivateKey.generate())
    for options in ('command="reboot"', 'no-pty', 'cert-authority', '#', '@revoked'):
        with pytest.raises(exception.InvalidKeypair):
            crypto.clean_ssh_public_key(f'{options} {line}')


def test_the_type_must_be_that_of_the_data():
    data = line_of(ed25519.Ed25519PrivateKey.generate()).split()[1]
    with pytest.raises(exception.InvalidKeypair):
        crypto.clean_ssh_public_key(f'ssh-rsa {data}')


def test_a_certificate_for_windows_names_its_user():
    bundle, pem, fingerprint = crypto.generate_winrm_x509_cert('some-user')
    key, certificate, _others = pkcs12.load_key_and_certificates(base64.b64decode(bundle), None)
    assert certificate == x509.load_pem_x509_certificate(pem.encode())
    assert key.public_key() == certificate.public_key()
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    principal = names.get_values_for_type(x509.OtherName)[0]
    assert principal.value == b'\x0c\x13some-user@localhost'
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [oid.ExtendedKeyUsageOID.CLIENT_AUTH]
    assert crypto.generate_x509_fingerprint(pem) == fingerprint


def test_a_long_user_name_fits_into_a_certificate():
    _bundle, pem, _fingerprint = crypto.generate_winrm_x509_cert('u' * 255)
    certificate = x509.load_pem_x509_certificate(pem.encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.OtherName)[0].value == b'\x0c\x82\x01\x09' + b'u' * 255 + b'@localhost'


def test_only_the_owner_of_an_rsa_key_reads_what_is_encrypted_with_it():
    private, public, _fingerprint = crypto.generate_key_pair()
    encrypted = crypto.ssh_encrypt_text(public, 'p\u00e4ss')
    key = serialization.load_pem_private_key(private.encode(), None)
    assert key.decrypt(encrypted, padding.PKCS1v15()).decode() == 'p\u00e4ss'


@pytest.mark.parametrize('public, text', [
    (None, 'x' * 246), (line_of(ed25519.Ed25519PrivateKey.generate()), 'x'), ('ssh-rsa nonsense', 'x')])
def test_what_cannot_be_encrypted_says_so_and_not_what(public, text):
    public = public or crypto.generate_key_pair()[1]
    with pytest.raises(exception.EncryptionFailure) as caught:
        crypto.ssh_encrypt_text(public, text)
    assert len(text) < 2 or text not in str(caught.value)
