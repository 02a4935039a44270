# SPDX-License-Identifier: Apache-2.0
"""Key pairs: checks, fingerprints, generation (nova-api).  Nova: nova/crypto.py.

An imported SSH key is put into files that sshd reads, so it must be one key and nothing else: one line, a
known type first (no ``command=`` or other options), data that really is a key of that type.
"""
import base64
import binascii
import datetime
import hashlib
import re

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import oid

from mininova import exception

MAX_PUBLIC_KEY_BYTES = 16 * 1024
RSA_BITS = 2048
CERTIFICATE_DAYS = 3650
SSH_TYPES = frozenset((
    'ssh-rsa', 'ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521',
    'sk-ssh-ed25519@openssh.com', 'sk-ecdsa-sha2-nistp256@openssh.com'))
# Microsoft's "user principal name" in a certificate, by which WinRM finds the account.
USER_PRINCIPAL_NAME = x509.ObjectIdentifier('1.3.6.1.4.1.311.20.2.3')
MAX_COMMON_NAME = 64
_CONTROL = re.compile(r'[\x00-\x1f\x7f-\x9f\u2028\u2029]')


def clean_ssh_public_key(text):
    """Return an SSH public key as one line: type, data, comment.

    :raises InvalidKeypair: it is no single key of a known type (400)
    """
    if len(text.encode('utf-8', 'replace')) > MAX_PUBLIC_KEY_BYTES:
        raise exception.InvalidKeypair(reason=f'the public key is longer than {MAX_PUBLIC_KEY_BYTES} bytes')
    lines = text.strip().splitlines()
    if len(lines) != 1:
        raise exception.InvalidKeypair(reason='the public key must be exactly one line')
    kind, data, comment = (*lines[0].split(None, 2), '', '', '')[:3]
    if kind not in SSH_TYPES:
        raise exception.InvalidKeypair(reason='the public key must begin with a known type, e.g. ssh-rsa')
    _check_ssh_data(kind, data)
    comment = _CONTROL.sub('', comment).strip()
    return f'{kind} {data} {comment}' if comment else f'{kind} {data}'


def _check_ssh_data(kind, data):
    try:
        blob = base64.b64decode(data, validate=True)
        named = blob[4:4 + int.from_bytes(blob[:4], 'big')]
        if named != kind.encode():
            raise ValueError('the type inside is another one')
        serialization.load_ssh_public_key(f'{kind} {data}'.encode())
    except Exception as error:
        raise exception.InvalidKeypair(reason='failed to generate fingerprint') from error


def _colons(digest):
    return ':'.join(f'{byte:02x}' for byte in digest)


def generate_fingerprint(public_key):
    """Return the MD5 fingerprint of an SSH public key, as old tools show it."""
    try:
        blob = base64.b64decode(public_key.split()[1], validate=True)
    except (IndexError, binascii.Error) as error:
        raise exception.InvalidKeypair(reason='failed to generate fingerprint') from error
    return _colons(hashlib.md5(blob, usedforsecurity=False).digest())


def generate_x509_fingerprint(certificate):
    """Return the SHA-1 fingerprint of a PEM certificate.

    :raises InvalidKeypair: it is none (400)
    """
    if len(certificate.encode('utf-8', 'replace')) > MAX_PUBLIC_KEY_BYTES:
        raise exception.InvalidKeypair(reason=f'the certificate is longer than {MAX_PUBLIC_KEY_BYTES} bytes')
    try:
        return _colons(x509.load_pem_x509_certificate(certificate.encode()).fingerprint(hashes.SHA1()))
    except Exception as error:
        raise exception.InvalidKeypair(reason='failed to generate X509 fingerprint') from error


def generate_key_pair(bits=RSA_BITS):
    """Make an SSH key pair.

    :returns: (private key as PEM, public key as one line, fingerprint)
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
                                serialization.NoEncryption()).decode()
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    return private, f'{public} Generated-by-Nova', generate_fingerprint(public)


def ssh_encrypt_text(public_key, text):
    """Encrypt a short text so that only the owner of an ssh-rsa key can read it, as `nova get-password` does.

    The padding is PKCS #1 v1.5.

    :raises EncryptionFailure: no RSA key, or the text is too long for it
    """
    try:
        key = serialization.load_ssh_public_key(public_key.encode())
        return key.encrypt(text.encode(), padding.PKCS1v15())
    except Exception as error:
        raise exception.EncryptionFailure(reason=type(error).__name__) from error


def generate_winrm_x509_cert(user_id, bits=RSA_BITS):
    """Make a certificate with which a user logs in to a Windows guest without a password.

    :returns: (key and certificate as base64 of PKCS #12, certificate as PEM, fingerprint)
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    name = x509.Name([x509.NameAttribute(oid.NameOID.COMMON_NAME, user_id[:MAX_COMMON_NAME])])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=CERTIFICATE_DAYS))
        .add_extension(x509.ExtendedKeyUsage([oid.ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([
            x509.OtherName(USER_PRINCIPAL_NAME, _utf8_string(f'{user_id}@localhost'))]), critical=False)
        .sign(key, hashes.SHA256()))
    bundle = pkcs12.serialize_key_and_certificates(None, key, certificate, None, serialization.NoEncryption())
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return base64.b64encode(bundle).decode(), pem, generate_x509_fingerprint(pem)


def _utf8_string(text):
    """Return a text as a DER UTF8String."""
    data = text.encode()
    length = bytes([len(data)]) if len(data) < 128 else _long_length(len(data))
    return b'\x0c' + length + data


def _long_length(number):
    data = number.to_bytes((number.bit_length() + 7) // 8, 'big')
    return bytes([0x80 | len(data)]) + data
