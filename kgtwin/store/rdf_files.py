"""The folder of an RDF view: its files, who may write them, and who reads them.

```
PATH.rdf/                  readable by its owner alone
├── lock                   flock: whoever holds it may update the view; it says who that is
├── current.json           the generation and the checkpoint that answer queries, replaced atomically
└── g-…/                   a generation: one build of the view
    ├── primary/           Oxigraph, open only during an update
    └── r17-…/             a checkpoint (hard links), never written again; flock tells that someone reads it
```
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from kgtwin.errors import StoreError
from kgtwin.files import owner_only
from kgtwin.identifiers import digest
from kgtwin.store.rdf_state import ViewState

PRIMARY: Final = "primary"
TRIES: Final = 20


class Pointer(msgspec.Struct, frozen=True):
    """What ``current.json`` says."""

    generation: str
    checkpoint: str
    state: ViewState


class Lease:
    """A checkpoint that stays while it is leased, whatever the view does meanwhile."""

    def __init__(self, folder: ViewFolder, pointer: Pointer, file: int) -> None:
        self.state = pointer.state
        self.path = folder.path / pointer.generation / pointer.checkpoint
        self._folder, self._pointer, self._file = folder, pointer, file

    def close(self) -> None:
        """Give it back; closing twice is harmless. A checkpoint that is outdated by now goes with its last reader."""
        file, self._file = self._file, -1
        if file < 0:
            return
        os.close(file)
        now = self._folder.pointer()
        if now is None or now.checkpoint != self._pointer.checkpoint:
            _discard(self.path)
            with contextlib.suppress(OSError):
                if now is not None and now.generation != self._pointer.generation:
                    self.path.parent.rmdir()


class ViewFolder:
    """A view's folder, made at its first use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    def make(self) -> None:
        """Create it, for its owner alone.

        Raises:
            StoreError: if it cannot be created, or is someone else's.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._check_own()
            if stat.S_IMODE(self.path.stat().st_mode) & 0o077:
                self.path.chmod(0o700)
        except OSError as error:
            raise StoreError(
                f"the RDF view's folder cannot be made: {error.strerror}",
                where=str(self.path),
                remedy="set KGTWIN_VIEW to a folder that you may write",
            ) from None

    def _check_own(self) -> None:
        """Refuse a folder that holds other things: it would be closed to others, and parts of it removed."""
        names = (path.name for path in self.path.iterdir())
        if any(not name.startswith(("g-", ".current-")) and name not in {"lock", "current.json"} for name in names):
            raise StoreError(
                "the RDF view's folder holds other files", where=str(self.path), remedy="name an empty or a new folder"
            )

    def try_lock(self, purpose: str) -> bool:
        """Become the one who updates the view; False if another process is."""
        file = self._open_lock()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        text = f"process {os.getpid()} on {socket.gethostname()} ({purpose})"
        os.ftruncate(file, 0)
        os.pwrite(file, text.encode(), 0)
        self._lock = file
        return True

    def _open_lock(self) -> int:
        try:
            return owner_only(str(self.path / "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        except OSError as error:
            raise StoreError(
                f"the RDF view cannot be updated: {error.strerror}",
                where=str(self.path),
                remedy="set KGTWIN_VIEW to a folder that you may write",
            ) from None

    def unlock(self) -> None:
        """Let others update the view."""
        file, self._lock = self._lock, None
        if file is not None:
            os.close(file)

    def holder(self) -> str:
        """Who updates the view, in words; empty if nobody does."""
        try:
            file = os.open(self.path / "lock", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return ""
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return ""
        except BlockingIOError:
            return os.pread(file, 500, 0).decode(errors="replace") or "another process"
        finally:
            os.close(file)

    def pointer(self) -> Pointer | None:
        """What answers queries now; None where there is none, or it cannot be read."""
        try:
            found = msgspec.json.decode((self.path / "current.json").read_bytes(), type=Pointer)
        except (OSError, msgspec.DecodeError):
            return None
        return found if _plain(found.generation) and _plain(found.checkpoint) else None

    def point(self, pointer: Pointer) -> None:
        """Let this checkpoint answer from now on."""
        part = self.path / f".current-{os.getpid()}"
        with part.open("wb") as file:
            file.write(msgspec.json.encode(pointer))
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.path / "current.json")

    def lease(self) -> Lease | None:
        """The checkpoint that answers now; None where there is none."""
        for _ in range(TRIES):
            pointer = self.pointer()
            if pointer is None:
                return None
            with contextlib.suppress(OSError):
                path = self.path / pointer.generation / pointer.checkpoint
                return Lease(self, pointer, _shared(path))
        return None

    def new_generation(self) -> Path:
        """A folder for a build of the view; the lock is held."""
        path = self.path / f"g-{secrets.token_hex(4)}"
        path.mkdir(mode=0o700)
        return path

    @staticmethod
    def new_checkpoint(revision: int) -> str:
        """A name for a checkpoint."""
        return f"r{revision}-{secrets.token_hex(4)}"

    def sweep(self) -> None:
        """Remove what answers no more and nobody reads; the lock is held."""
        now = self.pointer()
        for generation in self.path.glob("g-*"):
            current = now is not None and generation.name == now.generation
            for path in generation.iterdir():
                keep = {PRIMARY, now.checkpoint} if current and now is not None else set()
                if path.name not in keep:
                    _discard(path)
            if not current:
                with contextlib.suppress(OSError):
                    generation.rmdir()

    def tidy(self) -> None:
        """Remove what a killed process left, unless somebody is updating the view, who does that in the end."""
        now = self.pointer()
        kept = {(now.generation, now.checkpoint), (now.generation, PRIMARY)} if now else set()
        if {path.parts[-2:] for path in self.path.glob("g-*/*")} - kept and self.try_lock("tidying up"):
            try:
                self.sweep()
            finally:
                self.unlock()


def _shared(path: Path) -> int:
    """The folder, opened and locked against removal.

    Raises:
        OSError: if it is being removed, or gone.
    """
    file = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(file), path.stat()):
            raise FileNotFoundError(path)
    except OSError:
        os.close(file)
        raise
    return file


def _discard(path: Path) -> None:
    """Remove a folder unless someone reads it."""
    with contextlib.suppress(OSError):
        file = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            trash = path.with_name(f".x-{secrets.token_hex(4)}") if not path.name.startswith(".x-") else path
            path.rename(trash)
            shutil.rmtree(trash, ignore_errors=True)
        finally:
            os.close(file)


def _plain(name: str) -> bool:
    return name not in {"", ".", ".."} and "/" not in name and "\0" not in name


def view_name(url: str, database: str = "") -> str:
    """What tells one store's view from another's, without the store's credentials or the file's place in clear.

    >>> view_name("bolt://graph:7687", "neo4j") == view_name("bolt://graph:7687", "other")
    False
    """
    scheme, _, rest = url.partition(":")
    return digest("ladybug", str(Path(rest).absolute())) if scheme == "ladybug" else digest(url, database)


def view_folders(url: str, database: str = "") -> Iterator[Path]:
    """Where the view of a store may be, the best place first."""
    scheme, _, rest = url.partition(":")
    if scheme == "ladybug":
        path = Path(rest).absolute()
        yield path.with_name(path.name + ".rdf")
    name = view_name(url, database)
    setting = os.environ.get("KGTWIN_CACHE")
    base = Path(setting) if setting else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kgtwin"
    yield base / "views" / name


def view_folder(url: str, database: str = "", *, chosen: Path | None = None) -> Path | None:
    """The folder of a store's view: the chosen one, else the first that can be written, or None.

    >>> view_folder("ladybug:/nowhere/twin.lbdb", chosen=Path("/views/mine"))
    PosixPath('/views/mine')
    """
    if chosen is not None:
        return chosen
    return next((path for path in view_folders(url, database) if _writable(path)), None)


def _writable(path: Path) -> bool:
    """Whether the folder can be written, or made in the first of its parents that there is."""
    there = next(one for one in (path, *path.parents) if one.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
