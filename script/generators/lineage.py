"""What repeats the models' dependencies: docs/lineage.md, drawn from dbt's own graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from generators.graph import graph

LAYERS = {
    "source": "tables of the tap",
    "seed": "words",
    "staging": "staging: our words",
    "intermediate": "intermediate: one row per call",
    "marts": "marts: for reports",
    "exposure": "report",
}
KINDS = ("source", "model", "seed", "exposure")
HEAD = """# Lineage of the models

What each model of the [dbt project](../transform/README.md) is made from, drawn by `script/generate` from dbt's own
graph. Between a table of the tap and what reads it lies a view `base_<table>` with fixed types, left out here.

"""


def page() -> str:
    """docs/lineage.md, with a Mermaid flow chart."""
    manifest = graph()
    every = {**manifest["sources"], **manifest["nodes"], **manifest["exposures"]}
    nodes = {key: node for key, node in every.items() if node["resource_type"] in KINDS}

    def shown(key: str) -> list[str]:
        """The node itself, or what a base view reads."""
        if nodes[key]["name"].startswith("base_"):
            return parents(key)
        return [key]

    def parents(key: str) -> list[str]:
        return [found for parent in nodes[key].get("depends_on", {}).get("nodes", []) for found in shown(parent)]

    def layer(node: dict[str, Any]) -> str:
        return Path(node["path"]).parts[0] if node["resource_type"] == "model" else str(node["resource_type"])

    drawn = sorted((key for key in nodes if shown(key) == [key]), key=lambda key: str(nodes[key]["name"]))
    lines = ['%%{init: {"flowchart": {"useMaxWidth": false}}}%%', "flowchart LR"]
    for name, title in LAYERS.items():
        members = [str(nodes[key]["name"]) for key in drawn if layer(nodes[key]) == name]
        if members:
            lines += [f'  subgraph {name}_layer["{title}"]', *(f"    {member}" for member in members), "  end"]
    edges = {(str(nodes[parent]["name"]), str(nodes[key]["name"])) for key in drawn for parent in parents(key)}
    lines += [f"  {parent} --> {child}" for parent, child in sorted(edges)]
    return HEAD + "\n".join(["```mermaid", *lines, "```", ""])
