"""The layout of a step's graph: members within their box and apart from each other, and what flows flows downwards."""

from __future__ import annotations

import costmodel
from costmodel.reports.exports import graph as page
from costmodel.reports.graph.layered import Box, Place, boxes, corners, placed
from costmodel.reports.graph.step_graph import GraphEdge, GraphNode, StepGraph, step_graph


def within(inner: Place, outer: Place) -> bool:
    return (
        inner.x >= outer.x
        and inner.y >= outer.y
        and inner.x + inner.width <= outer.x + outer.width + 1e-6
        and inner.y + inner.height <= outer.y + outer.height + 1e-6
    )


def apart(a: Place, b: Place) -> bool:
    across = a.x + a.width <= b.x or b.x + b.width <= a.x
    return across or a.y + a.height <= b.y or b.y + b.height <= a.y


def every_box(box: Box) -> list[Box]:
    inner = [member for row in box.rows for member in row if isinstance(member, Box)]
    return [box, *[deeper for each in inner for deeper in every_box(each)]]


def test_a_real_step_is_laid_out_without_overlap_and_forwards_is_downwards() -> None:
    # a network that calls no module twice: one that does has edges back to its box
    trace = costmodel.trace("examples/zoo/mobilenet.py:MobileNetV2").phases[0].trace
    graph = step_graph(trace)
    whole = boxes(graph)
    where = corners(whole, placed(whole))
    assert where[whole.key].width < 2000
    assert set(where) >= {node.key for node in graph.nodes}
    for box in every_box(whole):
        members = [where[member.key] for row in box.rows for member in row]
        assert all(within(member, where[box.key]) for member in members), box.key
        assert all(apart(a, b) for i, a in enumerate(members) for b in members[:i]), box.key
    forward = {node.key for node in graph.nodes if node.phase == "forward"}
    flow = [e for e in graph.edges if {e.source, e.target} <= forward]
    assert len(flow) > 60
    for edge in flow:
        assert where[edge.source].y + where[edge.source].height <= where[edge.target].y


def test_branches_stand_beside_each_other_and_a_module_that_is_called_again_is_one_box() -> None:
    def op(key: str, path: str = "") -> GraphNode:
        return GraphNode(key, "x", path, "forward", "1 float32, 4 B")

    nodes = (op("c0", "a"), op("c1", "b"), op("c2", "b"), op("c3", "a"), op("c4"))
    flows = [("c0", "c1"), ("c0", "c2"), ("c1", "c3"), ("c2", "c3"), ("c3", "c4")]
    whole = boxes(StepGraph(nodes, tuple(GraphEdge(s, t, "", 4) for s, t in flows)))
    (forward,) = [box for row in whole.rows for box in row]
    assert isinstance(forward, Box)
    assert [[member.key for member in row] for row in forward.rows] == [["forward:a"], ["forward:b", "c4"]]
    a, b = (box for box in every_box(forward) if box.key in ("forward:a", "forward:b"))
    assert [[member.key for member in row] for row in a.rows] == [["c0", "c3"]]
    assert [[member.key for member in row] for row in b.rows] == [["c1", "c2"]]


def test_the_page_of_a_graph_is_a_picture_without_its_script() -> None:
    text = page.text(costmodel.trace("examples/zoo/lenet.py:LeNet5").phases[0].trace)
    before_script = text.partition("<script>")[0]
    assert text.count("<script") == 1
    for said in ("convolution\nconv1\n1×6×28×28 float32, 18,816 B", 'class="edges"', "before the step"):
        assert said in before_script
    assert before_script.count("<path") == before_script.count("data-a=") > 50
    assert "http" not in before_script.replace("http://www.w3.org/2000/svg", "")
