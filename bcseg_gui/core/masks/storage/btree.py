"""Rows of a SQLite file that SQLite itself refuses to read: its b-trees, walked past what is damaged.

Format: https://www.sqlite.org/fileformat2.html. Pages are counted from 1; all numbers are big-endian. Nothing here
trusts the file: whatever does not add up is a gap. Indexes are expected to hold short keys, as those of a mask do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap
from struct import unpack_from

Value = int | float | str | bytes | None
Place = tuple[int, int]
"""Page, and where in it a cell starts."""

_MAGIC = b"SQLite format 3\0"
_USUAL_PAGE_SIZE = 4096
_HEADER = 100
_LAST_ROWID = 2**63 - 1
_INDEX_NODE, _TABLE_NODE, _INDEX_LEAF, _TABLE_LEAF = 2, 5, 10, 13


@dataclass(frozen=True, slots=True)
class Row:
    """`rowid` and `place` are those of a row of a table; in an index the last value is the rowid."""

    values: tuple[Value, ...]
    rowid: int = 0
    place: Place = (0, 0)


class DamagedDatabase:
    """`data`: the whole file. Reading never raises, but for `row`."""

    def __init__(self, data: bytes | mmap) -> None:
        self._data = data
        self._has_header = data[:16] == _MAGIC and len(data) >= _HEADER
        size = int.from_bytes(data[16:18]) if self._has_header else _USUAL_PAGE_SIZE
        size = 65536 if size == 1 else size
        self._size = size if size in {512 << power for power in range(8)} else _USUAL_PAGE_SIZE
        self._count = len(data) // self._size
        self._header_is_sound = self._has_header and self._adds_up()
        self._reached: set[int] = set()

    def _adds_up(self) -> bool:
        """What the format lays down, and what says the same twice, are as they should be in the header."""
        fractions, encoding = tuple(self._data[21:24]), unpack_from(">I", self._data, 56)[0]
        changes, pages = unpack_from(">II", self._data, 24)
        (valid_for,) = unpack_from(">I", self._data, 92)
        is_usual = fractions == (64, 32, 32) and encoding == 1 and not any(self._data[72:92])
        return is_usual and changes == valid_for and pages == self._count

    def table(self, root: int) -> Iterator[Row | None]:
        """Rows by rising rowid; None where some may be missing."""
        return self._walk(root, (_TABLE_NODE, _TABLE_LEAF))

    def index(self, root: int) -> Iterator[Row | None]:
        """Entries in their order; None where some may be missing."""
        return self._walk(root, (_INDEX_NODE, _INDEX_LEAF))

    def strays(self) -> Iterator[Row]:
        """Rows on leaves of tables that no walk so far came to. They may be of any table, and out of date."""
        for page in range(2, self._count + 1):
            if page not in self._reached and self._data[(page - 1) * self._size] == _TABLE_LEAF:
                yield from (row for row in self._cells(page, (_TABLE_NODE, _TABLE_LEAF), set()) if row is not None)

    def free_pages(self) -> set[int] | None:
        """Those whose content is out of date; None when that is not known for certain."""
        if not self._header_is_sound:
            return None
        trunk, count = unpack_from(">II", self._data, 32)
        free: set[int] = set()
        while trunk:
            if trunk in free or not 1 < trunk <= self._count:
                return None
            at = (trunk - 1) * self._size
            free.add(trunk)
            trunk, leaves = unpack_from(">II", self._data, at)
            if leaves > self._size // 4 - 2:
                return None
            free.update(unpack_from(f">{leaves}I", self._data, at + 8))
        return free if len(free) == count else None

    def row(self, place: Place) -> Row:
        """The row of a table at its place. Raises ValueError when it does not add up."""
        return self._row(*place)[0]

    # -- pages ----------------------------------------------------------------------------------------------------

    def _walk(self, root: int, kinds: tuple[int, int]) -> Iterator[Row | None]:
        return self._cells(root, kinds, set())

    def _cells(
        self, page: int, kinds: tuple[int, int], above: set[int], after: int = 0, upto: int = _LAST_ROWID
    ) -> Iterator[Row | None]:
        """Of a page and those below it. `above`: pages that lead here, for damaged pages may lead in circles.

        Rowids of a table rise from above `after` up to `upto`; else the page belongs elsewhere.
        """
        if not 1 <= page <= self._count or page in above or len(above) > 20:
            yield None
            return
        start = (page - 1) * self._size
        head = _HEADER if page == 1 else 0
        kind, freeblock, count, content, fragments = unpack_from(">BHHHB", self._data, start + head)
        is_node = kind == kinds[0]
        array = head + (12 if is_node else 8)
        if kind not in kinds or array + 2 * count > self._size or (is_node and not count):
            yield None
            return
        self._reached.add(page)
        content = content or 65536
        used = self._freed(start, freeblock) + fragments
        for cell in unpack_from(f">{count}H", self._data, start + array):
            try:
                if is_node:
                    row, length, child, last = self._node(page, cell, kinds)
                    yield from self._cells(child, kinds, above | {page}, after, min(last, upto))
                else:
                    row, length = self._row(page, cell) if kind == _TABLE_LEAF else self._entry(page, cell)
                    last = row.rowid
                used += length
                if kinds[0] == _TABLE_NODE:
                    if not after < last <= upto:
                        raise ValueError("a rowid is out of order")
                    after = last
                if row is not None:
                    yield row
            except ValueError:
                yield None
        if is_node:
            yield from self._cells(self._page_number(start + head + 8), kinds, above | {page}, after, upto)
        if used != self._size - content:  # the number of cells was changed
            yield None

    def _freed(self, start: int, block: int) -> int:
        """Bytes of a page that belonged to cells that were removed."""
        total = before = 0
        while before < block <= self._size - 4:
            before = block
            block, length = unpack_from(">HH", self._data, start + block)
            total += length
        return total

    def _node(self, page: int, cell: int, kinds: tuple[int, int]) -> tuple[Row | None, int, int, int]:
        """What an inner page says between two pages below it (in a table nothing), its length, and the first page with
        the last rowid that a table may have there.
        """
        start = self._inside(page, cell)
        child = self._page_number(start)
        if kinds[0] == _TABLE_NODE:
            last, end = self._varint(start + 4)
            return None, end - start, child, last
        row, length = self._entry(page, cell + 4)
        return row, length + 4, child, _LAST_ROWID

    def _entry(self, page: int, cell: int) -> tuple[Row, int]:
        start = self._inside(page, cell)
        length, at = self._varint(start)
        if at + length > page * self._size:
            raise ValueError("an entry leaves its page")
        return Row(_values(self._data[at : at + length])), max(4, at + length - start)

    def _row(self, page: int, cell: int) -> tuple[Row, int]:
        start = self._inside(page, cell)
        length, at = self._varint(start)
        rowid, at = self._varint(at)
        if length > len(self._data):
            raise ValueError("a row is longer than the file")
        # How much of a long row lies in its page is laid down by the format.
        local = length
        if length > self._size - 35:
            least = (self._size - 12) * 32 // 255 - 23
            local = least + (length - least) % (self._size - 4)
            local = least if local > self._size - 35 else local
        end = at + local + (4 if local < length else 0)
        if end > page * self._size:
            raise ValueError("a row leaves its page")
        payload = self._data[at : at + local]
        if local < length:
            payload += self._overflow(self._page_number(at + local), length - local)
        return Row(_values(payload), rowid, (page, cell)), max(4, end - start)

    def _overflow(self, page: int, length: int) -> bytes:
        parts = []
        while length > 0:
            if not 1 < page <= self._count:
                raise ValueError("a row goes on outside the file")
            at = (page - 1) * self._size
            part = min(length, self._size - 4)
            parts.append(self._data[at + 4 : at + 4 + part])
            page = self._page_number(at)
            length -= part
        if page:
            raise ValueError("a row goes on after its end")
        return b"".join(parts)

    def _inside(self, page: int, cell: int) -> int:
        if not 8 <= cell <= self._size - 4:
            raise ValueError("a cell lies outside its page")
        return (page - 1) * self._size + cell

    def _page_number(self, at: int) -> int:
        return int.from_bytes(self._data[at : at + 4])

    def _varint(self, at: int) -> tuple[int, int]:
        return _varint(self._data, at)


def _varint(data: bytes | mmap, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where the next one starts. Raises ValueError."""
    value = 0
    for count in range(9):
        if at >= len(data):
            raise ValueError("a number is cut off")
        byte = data[at]
        at += 1
        if count == 8:
            return value << 8 | byte, at
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return value, at


def _values(payload: bytes) -> tuple[Value, ...]:
    """Of a record. Raises ValueError unless it adds up to the byte."""
    end, at = _varint(payload, 0)
    body = end
    values: list[Value] = []
    while at < end:
        kind, at = _varint(payload, at)
        length = (kind - 12) // 2 if kind >= 12 else (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)[kind] if kind < 10 else -1
        if length < 0 or body + length > len(payload):
            raise ValueError("a value is cut off")
        values.append(_value(kind, payload[body : body + length]))
        body += length
    if at != end or body != len(payload):
        raise ValueError("a record does not add up")
    return tuple(values)


def _value(kind: int, data: bytes) -> Value:
    match kind:
        case 0:
            return None
        case 7:
            return float(unpack_from(">d", data)[0])
        case 8 | 9:
            return kind - 8
        case _ if kind < 7:
            return int.from_bytes(data, signed=True)
    return data if kind % 2 == 0 else data.decode()
