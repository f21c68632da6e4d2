"""What people read in a header of a mail: in any language, and as it was written, blank for blank.

Python's own folding of a header loses and adds blanks between words of which only some are ASCII (and reads its own
mails back so): here all of such a text is in encoded words (RFC 2047), and nothing is left to fold.
"""

from email.charset import BASE64, Charset
from email.header import Header
from email.headerregistry import Address
from typing import Final

PLAIN: Final = 60
"""Characters of ASCII that fit into a line behind the name of their header."""

WORDS: Final = Charset("utf-8")
WORDS.header_encoding = BASE64  # what a "q" of it may hold depends on where it stands (RFC 2047, 5)


def header_text(text: str, header: str) -> str:
    """The value of a header that shows this text, in lines of 76 characters at most. Raises ValueError for a text of
    more than one line."""
    if len(text.splitlines()) > 1:
        raise ValueError("a header cannot have a line break in it")
    if text.isascii() and text.isprintable() and len(text) <= PLAIN and text == text.strip() and "=?" not in text:
        return text
    return Header(text, WORDS, header_name=header).encode(linesep="\r\n")


def header_address(address: Address, header: str) -> str:
    """The same for an address with a name, or without one."""
    name, mailbox = address.display_name, f"<{address.addr_spec}>"
    words = header_text(name, header)
    if words == name:
        return str(Address(name, addr_spec=address.addr_spec)) if name else address.addr_spec
    is_room_left = len(words.rpartition("\n")[2]) + len(header) + len(mailbox) < 76
    return f"{words} {mailbox}" if is_room_left else f"{words}\r\n {mailbox}"
