"""What happens to a finished edit: it enters the history and is written to the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region, TileKey

from ..history import EditRecord, EditState, History
from ..pyramid import Tile
from ..runs import Run
from .pending import NotedEdit, NotedTurn, Pending
from .tilestore import TileStore
from .writer import Write, Writer

LARGEST_BACKLOG = 64_000_000
"""Bytes of packed tiles; no more edits are accepted when this much waits because nothing can be written."""
TILES_TURNED_AT_ONCE = 64
"""An undo of more tiles than this is done in the file first, to stay out of memory."""


class Journal:
    """History and write-behind of a mask's file. Nothing here waits for the disk but where it says so.

    The owner of the file, who alone writes it, notes what is on its way, and takes up what a killed owner had noted.
    """

    def __init__(self, store: TileStore, *, owns: bool = False) -> None:
        """Raises UserError when the notes of a killed owner cannot be written; they are kept."""
        self._store = store
        self._writer = Writer()
        self._pending = Pending(store.path) if owns else None
        if self._pending is not None:
            self._replay(self._pending)
        self.history = History(store.edits())
        run = store.unfinished_run()
        self._run = (run.settings, dict.fromkeys(run.finished)) if run is not None else None

    def _replay(self, pending: Pending) -> None:
        last = max((record.seq for record in self._store.edits()), default=0)
        for note in pending.notes():
            match note:
                case NotedEdit(record) if record.seq > last:
                    self._store.write_edit(record, note.packed())
                    last = record.seq
                case NotedTurn(back, seq):
                    turn = self._store.steps(back=back, seq=seq)
                    if turn.decisive():  # otherwise it is in the file already
                        self._store.turn(turn)
        pending.clear()

    def listen(self, failed: Callable[[Exception], None], saved: Callable[[], None]) -> None:
        """As `Mask.listen`."""
        self._writer.listen(failed, saved)

    # -- its way to the file --------------------------------------------------------------------------------------

    @property
    def is_heard(self) -> bool:
        """Somebody listens."""
        return self._writer.is_heard

    @property
    def is_saved(self) -> bool:
        return self._writer.is_idle

    def tile(self, key: TileKey) -> Tile | bytes | None:
        """A level-0 tile that is on its way to the file, an array or packed; None when the file has it as it is."""
        return self._writer.tile(key)

    def ready(self, *, by_person: bool) -> None:
        """Wait until the transaction before is written; that of a segmentation only when not `by_person`.

        One that cannot be written waits its turn where somebody listens, as long as there is not too much of it.
        Raises UserError otherwise.
        """
        self._writer.settle(by_person=by_person)
        if self._writer.problem is None:
            return
        if not self.is_heard:
            self.flush()
        elif self._writer.backlog > LARGEST_BACKLOG:
            raise UserError(
                "Too much is waiting to be saved in “{path}”: free some space, or see to it that the folder can be "
                "written, and go on then.",
                path=self._store.path,
            )

    def flush(self) -> None:
        """Wait until everything is in the file. Raises UserError; then nothing is lost."""
        self._writer.flush()

    def retry(self) -> None:
        self._writer.retry()

    def close(self, *, discard: bool) -> None:
        if discard:
            self._writer.give_up()
        self._writer.close()
        if self._pending is not None:
            self._pending.close()

    # -- what is written ------------------------------------------------------------------------------------------

    def write_edit(
        self,
        record: EditRecord,
        tiles: Mapping[TileKey, Tile | bytes],
        settings: str | None,
        blocks: Sequence[Region],
    ) -> int:
        """Hand over an edit; returns its number. The arguments are those of `TileStore.write_edit`."""
        is_new = not record.seq
        if tiles:
            record = self.history.add(record)
        if settings is not None:
            if self._run is None or self._run[0] != settings:
                self._run = (settings, {})
            self._run[1].update(dict.fromkeys(blocks))
        elif record.predicted and tiles:
            self._run = None

        by_person = not record.predicted and settings is None
        written = self._pending.note_edit(record, tiles) if self._pending is not None and by_person else None

        def run(packed: Mapping[TileKey, bytes]) -> None:
            self._store.write_edit(record, packed, is_new, settings, blocks)
            if written is not None:
                written()

        self._writer.submit(Write(run, dict(tiles), by_person=by_person))
        return record.seq

    def turn(self, *, back: bool, seq: int) -> list[TileKey]:
        """Take back the edits after `seq`, or bring back those up to it; returns the level-0 tiles that change.

        Waits for what is on its way. Raises UserError when that, or what the edits left, cannot be had; then nothing
        has changed.
        """
        self.flush()
        turn = self._store.steps(back=back, seq=seq)
        sources = turn.decisive()
        if len(sources) <= TILES_TURNED_AT_ONCE:
            tiles: dict[TileKey, Tile | bytes] = dict(self._store.sides(turn.side, sources))
            written = self._pending.note_turn(back=back, seq=seq) if self._pending is not None else None

            def run(_packed: Mapping[TileKey, bytes]) -> None:
                self._store.turn(turn)
                if written is not None:
                    written()

            self._writer.submit(Write(run, tiles))
        else:
            self._store.turn(turn)
        if any(record.predicted for record in self.history.turned(back=back, seq=seq)):
            self._run = None
        return list(sources)

    def jump(self, seq: int) -> list[TileKey]:
        """As `turn`, whichever way makes edit `seq` the last one that is done; 0: none is."""
        if seq == 0 or self.history.state(seq) is EditState.DONE:
            return self.turn(back=True, seq=seq)
        if self.history.state(seq) is EditState.UNDONE:
            return self.turn(back=False, seq=seq)
        raise UserError("This change was replaced by later ones and cannot come back.")

    # -- the unfinished run ---------------------------------------------------------------------------------------

    @property
    def unfinished_run(self) -> Run | None:
        return Run(self._run[0], tuple(self._run[1])) if self._run is not None else None

    def end_run(self) -> None:
        if self._run is not None:
            self._run = None
            self._writer.submit(Write(lambda _packed: self._store.end_run(), by_person=False))

    # -- overviews ------------------------------------------------------------------------------------------------

    def write_overviews(self, tiles: Mapping[TileKey, bytes]) -> Write:
        """Hand over overview tiles that show what the file holds by then."""
        write = Write(lambda _packed: self._store.write_overviews(tiles), needed=False)
        self._writer.submit(write)
        return write
