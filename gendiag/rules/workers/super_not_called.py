from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.records import Finding
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.source_code import methods, names_in, stores
from gendiag.rules.rule import Rule, sound

OPTIONS = ("workers", "_workers", "use_multiprocessing")


class SuperNotCalled(Rule):
    """The dataset's ``__init__`` does not call that of PyDataset, so ``workers`` is 1, whatever was passed.

    What fit does
        Sets ``workers=1, use_multiprocessing=False, max_queue_size=10`` itself and warns. ``workers=`` given to fit is
        ignored or refused.

    Why it hurts
        Items are made one after the other in one thread; nothing wrong is trained on.

    How to mend it
        ``def __init__(self, ..., **kwargs): super().__init__(**kwargs)``.

    Known limits
        A note. Told by the code of ``__init__``, which names no other ``__init__`` and sets no ``workers``.

    Source
        keras 3.15.1, py_dataset_adapter.PyDataset._warn_if_super_not_called.
    """

    name, title = "super-not-called", "The dataset never calls super().__init__"
    severity = "note"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        begins = methods(seen.source.value).get("__init__") if seen.source.is_indexed else None
        if begins is None or "__init__" in names_in(begins) or any(stores(begins, name) for name in OPTIONS):
            return
        message = (
            "The source's `__init__` does not call `super().__init__(**kwargs)`, so workers, "
            "use_multiprocessing and max_queue_size have no effect: fit makes the items one after the other, in one "
            "thread."
        )
        fix = "Begin with `def __init__(self, ..., **kwargs): super().__init__(**kwargs)`."
        yield self.finding("note", message, fix=fix)

    def broken(self) -> Any:
        return _items(calls=False)

    def mended(self) -> Any:
        return _items(calls=True)


def _items(*, calls: bool) -> Any:
    import keras

    class Items(keras.utils.PyDataset):
        def __init__(self, **_ignored: Any) -> None:
            self.parts = list(sound())

        def __len__(self) -> int:
            return 6

        def __getitem__(self, index: int) -> Any:
            return self.parts[index]

    class Begun(Items):
        def __init__(self, **kwargs: Any) -> None:
            keras.utils.PyDataset.__init__(self, **kwargs)
            self.parts = list(sound())

    return Begun() if calls else Items()
