"""Django's SQLite engine, with a turn around every transaction."""

from __future__ import annotations

from django.db.backends.sqlite3 import base

from headway.config.sqlite3.turns import Turns, turns_of


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose transactions wait for their turn."""

    _turn: Turns | None = None

    def _start_transaction_under_autocommit(self) -> None:
        name = str(self.settings_dict["NAME"])
        if self._turn is None and not self.is_in_memory_db():
            turns = turns_of(name)
            seconds = float(self.settings_dict.get("OPTIONS", {}).get("timeout", 5))
            if turns.take(seconds):
                self._turn = turns
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # Django’s own hook, unknown to its stubs
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]  # Django’s own hook, unknown to its stubs
        self._end_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]  # Django’s own hook, unknown to its stubs
        finally:
            self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]  # Django’s own hook, unknown to its stubs
        finally:
            self._end_turn()

    def _end_turn(self) -> None:
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.give()
