"""Run a notebook's cells in this process: what a Jupyter kernel would answer, without starting one.

A kernel costs two seconds and imports everything again. papermill still reads, parameterises and judges the notebook;
it is told of this engine by name. What differs: what a compiled library writes to the terminal stays there.
"""

from __future__ import annotations

import atexit
import base64
import io
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import nbformat
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines
from traitlets.config import Config

NAME = "elc"


class _Stream(io.TextIOBase):
    """Standard output or error of a cell; neighbouring texts are one output, as Jupyter joins them."""

    def __init__(self, shell: _Shell, name: str) -> None:
        self._shell, self._name = shell, name

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        outputs = self._shell.outputs
        if text and outputs and outputs[-1].get("name") == self._name:
            outputs[-1]["text"] += text
        elif text:
            self._shell.add("stream", name=self._name, text=text)
        return len(text)


class _Publisher(DisplayPublisher):
    """Keep what a cell displays."""

    shell: _Shell

    def publish(self, data: Any, metadata: Any = None, *_: Any, **__: Any) -> None:
        self.shell.add("display_data", data=_encode(data), metadata=metadata or {})

    def clear_output(self, wait: bool = False) -> None:  # noqa: ARG002 - IPython's name
        self.shell.outputs.clear()


class _Hook(DisplayHook):
    """Keep the value of a cell's last line."""

    shell: _Shell

    def start_displayhook(self) -> None: ...

    def write_output_prompt(self) -> None: ...

    def finish_displayhook(self) -> None: ...

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        count = self.prompt_count
        self.shell.add("execute_result", data=_encode(format_dict), metadata=md_dict or {}, execution_count=count)


class _Shell(InteractiveShell):
    """An IPython shell that adds what a cell gives to the list `outputs`."""

    outputs: list[nbformat.NotebookNode]

    def add(self, kind: str, **content: Any) -> None:
        self.outputs.append(nbformat.v4.new_output(kind, **content))

    def init_history(self) -> None:
        super().init_history()  # type: ignore[no-untyped-call]
        if self.history_manager is not None:
            self.history_manager.enabled = False

    def init_path(self) -> None:
        """Import from where this process does."""

    def init_virtualenv(self) -> None:
        """This process has its environment already."""

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: Any) -> None:
        lines = stb.splitlines() if isinstance(stb, str) else list(stb)
        self.add("error", ename=etype.__name__, evalue=str(evalue), traceback=lines)


class ShellEngine(Engine):  # type: ignore[misc]
    """Execute the cells in a shell of their own; the first that fails is the last."""

    @classmethod
    def execute_managed_notebook(cls, manager: NotebookExecutionManager, kernel_name: str, **_: Any) -> None:  # noqa: ARG003
        with _open_shell() as shell:
            for index, cell in enumerate(manager.nb.cells):
                manager.cell_start(cell, index)
                try:
                    if cell.cell_type == "code" and cell.source.strip() and not _run_cell(shell, cell):
                        manager.cell_exception(cell, cell_index=index)
                        return
                finally:
                    manager.cell_complete(cell, cell_index=index)


papermill_engines.register(NAME, ShellEngine)


def _run_cell(shell: Any, cell: nbformat.NotebookNode) -> bool:
    """Run a cell, put its outputs in their place, and say whether it succeeded.

    Raises:
        KeyboardInterrupt: somebody stopped it; IPython would make it one more output.
    """
    shell.outputs = cell.outputs = []
    cell.execution_count = shell.execution_count
    with redirect_stdout(_Stream(shell, "stdout")), redirect_stderr(_Stream(shell, "stderr")):
        done = shell.run_cell(cell.source, store_history=True)
    if isinstance(done.error_in_exec, KeyboardInterrupt):
        raise done.error_in_exec
    return bool(done.success)


@contextmanager
def _open_shell() -> Iterator[_Shell]:
    """Open the one shell of this process; whatever it changed of the process is put back."""
    path, hook = list(sys.path), sys.displayhook
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        config = Config({"HistoryManager": {"enabled": False, "hist_file": ":memory:"}})
        shell: Any = _Shell.instance(
            config=config, ipython_dir=folder, displayhook_class=_Hook, display_pub_class=_Publisher
        )
        try:
            yield shell
        finally:
            atexit.unregister(shell.atexit_operations)
            shell.user_ns.clear()
            shell.restore_sys_module_state()
            _Shell.clear_instance()
            sys.path[:], sys.displayhook = path, hook


def _encode(data: dict[str, Any]) -> dict[str, Any]:
    """Write pictures as base64, as a notebook file holds them."""
    return {kind: base64.b64encode(it).decode() if isinstance(it, bytes) else it for kind, it in data.items()}
