# SPDX-License-Identifier: Apache-2.0
"""Make XML elements without ever pasting text, and parse XML without trusting it.  Runs in nova-compute.

Names, metadata and tags of servers come from users: the serialiser escapes what XML can say, and
`text` drops what XML cannot say at all (NUL and other control characters, lone surrogates).
"""
import re
import xml.etree.ElementTree as ElementTree

_NOT_XML = re.compile('[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')


class UnsafeXML(ValueError):
    """A document with a document type, which may hold entities that explode or read files."""


def text(value):
    """Return a value as text that XML can hold; impossible characters become U+FFFD."""
    if isinstance(value, bool):
        return 'yes' if value else 'no'
    return _NOT_XML.sub('\ufffd', str(value))


def element(tag, content=None, *children, **attributes):
    """Make an element.

    :param content: text, or None
    :param children: elements or objects with ``to_element``; None is left out
    :param attributes: None is left out; a trailing underscore is dropped (``type_``), booleans become yes and no
    """
    made = ElementTree.Element(tag, {
        name.rstrip('_'): text(value) for name, value in attributes.items() if value is not None})
    if content is not None:
        made.text = text(content)
    for child in children:
        if child is not None:
            made.append(child.to_element() if hasattr(child, 'to_element') else child)
    return made


def parent(tag, *children, **attributes):
    """Make an element that holds only others."""
    return element(tag, None, *children, **attributes)


class Element:
    """Base of everything that becomes an element."""

    def to_element(self):
        """Return the ElementTree element."""
        raise NotImplementedError

    def to_xml(self):
        """Return the document as text."""
        made = self.to_element()
        ElementTree.indent(made)
        return ElementTree.tostring(made, encoding='unicode')


def to_text(found):
    """Return an element of a parsed document as text."""
    return ElementTree.tostring(found, encoding='unicode').strip()


def parse(document):
    """Parse a document into an element.

    :param document: text
    :raises UnsafeXML: it has a document type
    :raises ElementTree.ParseError: it is no XML
    """
    # Looked for in the text: a parser that meets it has begun to expand the entities before anybody is asked.
    if '<!DOCTYPE' in document:
        raise UnsafeXML('a document type is not accepted')
    return ElementTree.fromstring(document)
