"""Give equal networks equal bytes: drop the times, addresses and running numbers that the savers write."""

from __future__ import annotations

import json
import zipfile
from itertools import count
from pathlib import Path
from typing import Any

import onnx

ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def copy_keras(saved: Path, path: Path) -> None:
    """Copy a .keras archive without the times it was saved at and the memory addresses in its configuration."""
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(path, "w") as target:
        for name in sorted(source.namelist()):
            content = source.read(name)
            if name == "metadata.json":
                content = _write_json({**json.loads(content), "date_saved": ""})
            elif name == "config.json":
                content = _write_json(_number_objects(json.loads(content), {}))
            target.writestr(zipfile.ZipInfo(name, ZIP_TIME), content)


def _write_json(content: Any) -> bytes:
    return json.dumps(content, sort_keys=True).encode()


def _number_objects(content: Any, seen: dict[int, int]) -> Any:
    """Replace each shared_object_id (an address) by its order of appearance."""
    if isinstance(content, list):
        return [_number_objects(item, seen) for item in content]
    if not isinstance(content, dict):
        return content
    numbered = {}
    for key, value in content.items():
        is_address = key == "shared_object_id" and value is not None
        numbered[key] = seen.setdefault(value, len(seen)) if is_address else _number_objects(value, seen)
    return numbered


def copy_onnx(saved: Path, path: Path) -> None:
    """Copy an ONNX file with its nodes in one order and numbered; inputs and outputs keep their names."""
    model = onnx.load(saved)
    graph = model.graph
    nodes = _sort_nodes(graph)
    numbers, names = count(), {value.name: value.name for value in (*graph.input, *graph.output)}
    for index, node in enumerate(nodes):
        for name in (*node.input, *node.output):
            if name and name not in names:
                names[name] = f"tensor_{next(numbers)}"
        node.name = f"node_{index}"
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names[name] for name in node.output]
    tensors = [onnx.TensorProto.FromString(t.SerializeToString()) for t in graph.initializer if t.name in names]
    for tensor in tensors:
        tensor.name = names[tensor.name]
    tensors.sort(key=lambda tensor: tensor.name)
    for field in ("node", "initializer", "value_info", "doc_string"):
        graph.ClearField(field)
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    graph.node.extend(nodes)
    graph.initializer.extend(tensors)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString(deterministic=True))


def _sort_nodes(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Order the nodes depth first from the outputs, each after what it needs: one order for one graph."""
    makers = {name: node for node in graph.node for name in node.output}
    ordered: dict[str, onnx.NodeProto] = {}

    def visit(name: str) -> None:
        node = makers.get(name)
        if node is None or node.output[0] in ordered:
            return
        for needed in node.input:
            visit(needed)
        ordered[node.output[0]] = onnx.NodeProto.FromString(node.SerializeToString())

    for output in graph.output:
        visit(output.name)
    return list(ordered.values())
