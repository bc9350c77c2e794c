"use strict";
const svg = document.querySelector(".graph");
const frame = svg.closest(".frame");
const root = svg.querySelector(".box");
const TITLE = 24, PADDING = 12, ROW_GAP = 30, GAP = 16, FOLDED = 44;
const SHOWN = 150, ITS_OWN = 60;
const direct = (g, name) => [...g.children].filter((child) => child.classList.contains(name));
const members = (g) => direct(g, "row").flatMap((row) => [...row.children]);
const sizes = new Map();
const place = new Map();

/* The same layout as reports/layered.py, of what is not folded. */
function measure(g) {
  const rect = g.querySelector(":scope > rect");
  if (g.classList.contains("op")) {
    const own = [Number(rect.getAttribute("width")), Number(rect.getAttribute("height"))];
    sizes.set(g, own);
    return own;
  }
  const folded = g.classList.contains("folded");
  const rows = folded ? [] : direct(g, "row").map((row) => [...row.children].map((m) => [m, ...measure(m)]));
  const widths = rows.map((row) => row.reduce((sum, [, w]) => sum + w, GAP * (row.length - 1)));
  const inside = Math.max(Number(g.dataset.least), folded ? Number(g.dataset.folded) : 0, ...widths);
  let y = TITLE + PADDING;
  rows.forEach((row, i) => {
    let x = PADDING + (inside - widths[i]) / 2;
    for (const [m, w] of row) {
      m.setAttribute("transform", `translate(${x} ${y})`);
      place.set(m, [x, y]);
      x += w + GAP;
    }
    y += Math.max(...row.map(([, , h]) => h)) + ROW_GAP;
  });
  const size = [inside + 2 * PADDING, folded ? FOLDED : y - ROW_GAP + PADDING];
  rect.setAttribute("width", size[0]);
  rect.setAttribute("height", size[1]);
  sizes.set(g, size);
  return size;
}

const byKey = new Map([...svg.querySelectorAll("[data-key]")].map((g) => [g.dataset.key, g]));
const edges = [...svg.querySelectorAll(".edges path")].map((path) => {
  const title = path.querySelector("title");
  return { path, title, said: title.textContent, bytes: Number(path.dataset.n),
    a: byKey.get(path.dataset.a), b: byKey.get(path.dataset.b) };
});

/* The outermost folded box around it, else itself; what is asked again within one layout is known. */
function standing(g, known) {
  if (g === root) return null;
  if (known.has(g)) return known.get(g);
  const up = g.parentElement.closest(".box");
  const found = standing(up, known) || (up.classList.contains("folded") ? up : null);
  known.set(g, found);
  return found;
}

function corner(g, known) {
  if (g === root) return [0, 0];
  if (known.has(g)) return known.get(g);
  const [x, y] = corner(g.parentElement.closest(".box"), known), [dx, dy] = place.get(g);
  const found = [x + dx, y + dy];
  known.set(g, found);
  return found;
}

let ends = new Map();
function layout() {
  const [width, height] = measure(root);
  const folds = new Map(), corners = new Map(), pairs = new Map();
  ends = new Map();
  for (const edge of edges) {
    const a = standing(edge.a, folds) || edge.a, b = standing(edge.b, folds) || edge.b;
    const before = pairs.get(a)?.get(b);
    edge.path.style.display = a === b || before ? "none" : "";
    if (a === b) continue;
    if (before) {
      before.count += 1;
      before.sum += edge.bytes;
      before.title.textContent = `${before.count} tensors, ${before.sum.toLocaleString("en")} B`;
      continue;
    }
    if (!pairs.has(a)) pairs.set(a, new Map());
    pairs.get(a).set(b, edge);
    edge.count = 1;
    edge.sum = edge.bytes;
    edge.title.textContent = edge.said;
    const [ax, ay] = corner(a, corners), [bx, by] = corner(b, corners);
    const x1 = ax + sizes.get(a)[0] / 2, y1 = ay + sizes.get(a)[1], x2 = bx + sizes.get(b)[0] / 2, y2 = by;
    const bend = Math.max(Math.abs(y2 - y1) / 2, 12);
    edge.path.setAttribute("d", `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`);
    edge.path.setAttribute("class", Math.abs(y2 - y1) + Math.abs(x2 - x1) > 260 ? "far" : "near");
    for (const g of [a, b]) ends.set(g, [...(ends.get(g) || []), edge.path]);
  }
  return [width, height];
}

let view = svg.getAttribute("viewBox").split(" ").map(Number);
const show = () => svg.setAttribute("viewBox", view.join(" "));
const scale = () => {
  const box = svg.getBoundingClientRect();
  return Math.max(view[2] / box.width, view[3] / box.height);
};
function fit() {
  const [width, height] = layout();
  view = [0, 0, width, height];
  show();
}
/* Units of the picture that are as large as the frame, at the size that text is written in. */
function readable(x, y) {
  const box = svg.getBoundingClientRect();
  view = [x - box.width / 2, y, box.width, box.height];
  show();
}
function begin() {
  const [width, height] = layout(), box = svg.getBoundingClientRect();
  if (Math.max(width / box.width, height / box.height) < 1.3) fit();
  else readable(width / 2, 0);
}
function zoom(by, at) {
  const box = svg.getBoundingClientRect(), size = scale();
  const x = view[0] + view[2] / 2 + (at ? (at[0] - box.left - box.width / 2) * size : 0);
  const y = view[1] + view[3] / 2 + (at ? (at[1] - box.top - box.height / 2) * size : 0);
  view = [x - (x - view[0]) * by, y - (y - view[1]) * by, view[2] * by, view[3] * by];
  show();
}
function move(dx, dy) {
  const size = scale();
  view[0] -= dx * size;
  view[1] -= dy * size;
  show();
}
function fold(g, folded) {
  g.classList.toggle("folded", folded);
  g.setAttribute("aria-expanded", String(!g.classList.contains("folded")));
}
/* What is pointed at stays where it is on the screen. */
function turn(g) {
  const before = g.getBoundingClientRect();
  fold(g);
  layout();
  const after = g.getBoundingClientRect();
  move(before.left - after.left, before.top - after.top);
}

const boxes = [...svg.querySelectorAll(".box")].filter((g) => g !== root);
root.querySelector(":scope > rect").classList.add("root");
for (const g of boxes) {
  g.setAttribute("tabindex", "0");
  g.setAttribute("role", "button");
  g.setAttribute("aria-expanded", "true");
  g.setAttribute("aria-label", g.dataset.key);
}
/* Level by level, as long as what is to be seen stays little; a box with very much of its own stays folded. */
function foldToSize() {
  for (const g of boxes) fold(g, true);
  let level = boxes.filter((g) => g.parentElement.closest(".box") === root), shown = level.length;
  while (level.length) {
    const opened = level.filter((g) => direct(g, "row").length && members(g).length <= ITS_OWN);
    const more = opened.reduce((sum, g) => sum + members(g).length, 0);
    if (!opened.length || shown + more > SHOWN) break;
    for (const g of opened) fold(g, false);
    shown += more;
    level = opened.flatMap((g) => members(g).filter((m) => m.classList.contains("box")));
  }
}

let moved = 0;
svg.addEventListener("click", (event) => {
  const g = event.target.closest(".box, .op");
  if (moved > 4 || !g || g === root || g.classList.contains("op")) return;
  turn(g);
});
const STEPS = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
frame.addEventListener("keydown", (event) => {
  const g = event.target.closest(".box");
  if (g && (event.key === "Enter" || event.key === " ")) turn(g);
  else if (STEPS[event.key]) move(...STEPS[event.key]);
  else if (event.key === "+") zoom(0.8);
  else if (event.key === "-") zoom(1.25);
  else return;
  event.preventDefault();
});
let lit = [];
svg.addEventListener("pointerover", (event) => {
  const g = event.target.closest(".op, .folded");
  for (const path of lit) path.classList.remove("on");
  lit = ends.get(g) || [];
  for (const path of lit) path.classList.add("on");
});
/* A page is scrolled with the wheel: the picture takes it once it was clicked, or with Ctrl. */
frame.addEventListener("wheel", (event) => {
  if (!event.ctrlKey && !frame.contains(document.activeElement)) return;
  event.preventDefault();
  zoom(Math.exp(event.deltaY / 500), [event.clientX, event.clientY]);
}, { passive: false });
const held = new Map();
const spread = () => {
  const [one, other] = [...held.values()];
  return [Math.hypot(one[0] - other[0], one[1] - other[1]), (one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
};
svg.addEventListener("pointerdown", (event) => {
  held.set(event.pointerId, [event.clientX, event.clientY]);
  moved = 0;
});
for (const name of ["pointerup", "pointercancel"])
  window.addEventListener(name, (event) => held.delete(event.pointerId));
svg.addEventListener("pointermove", (event) => {
  const last = held.get(event.pointerId);
  if (!last) return;
  const before = held.size === 2 ? spread() : null;
  held.set(event.pointerId, [event.clientX, event.clientY]);
  const dx = event.clientX - last[0], dy = event.clientY - last[1];
  moved += Math.abs(dx) + Math.abs(dy);
  if (!before) return move(dx, dy);
  const after = spread();
  zoom(before[0] / Math.max(after[0], 1), [after[1], after[2]]);
  move(after[1] - before[1], after[2] - before[2]);
});

const tools = document.createElement("div");
tools.className = "tools";
const button = (name, action) => {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = name;
  made.addEventListener("click", action);
  tools.append(made);
};
button("Whole graph", fit);
button("Closer", () => zoom(0.7));
button("Farther", () => zoom(1 / 0.7));
button("Fold modules", () => { for (const g of boxes) fold(g, g.parentElement.closest(".box") !== root); fit(); });
button("Unfold all", () => { for (const g of boxes) fold(g, false); begin(); });

/* Found: modules by their path, then ops by name, path, shape or line; each is unfolded and brought to the middle. */
const label = document.createElement("label"), input = document.createElement("input"), said = document.createElement("output");
input.type = "search";
label.append("Find", input);
tools.append(label, said);
let hits = [], hit = -1, asked = "";
function find(step) {
  const wanted = input.value.trim().toLowerCase();
  svg.querySelector(".found")?.classList.remove("found");
  if (wanted !== asked) {
    const ops = [...svg.querySelectorAll(".op")];
    hits = !wanted ? [] : [...boxes.filter((g) => g.dataset.key.toLowerCase().includes(wanted)),
      ...ops.filter((g) => g.querySelector("title").textContent.toLowerCase().includes(wanted))];
    hit = -1;
    asked = wanted;
  }
  said.textContent = !wanted ? "" : hits.length ? "" : "nothing";
  if (!hits.length) return;
  hit = (hit + step + hits.length) % hits.length;
  const g = hits[hit];
  for (let up = g.parentElement.closest(".box"); up && up !== root; up = up.parentElement.closest(".box")) fold(up, false);
  g.classList.add("found");
  layout();
  const [x, y] = corner(g, new Map()), [w, h] = sizes.get(g);
  readable(x + w / 2, Math.max(0, y + Math.min(h, 200) / 2 - svg.getBoundingClientRect().height / 2));
  frame.scrollIntoView({ block: "nearest" });
  said.textContent = `${hit + 1} of ${hits.length}`;
}
input.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  find(event.shiftKey ? -1 : 1);
});
input.addEventListener("search", () => { if (!input.value) find(1); });

const hint = frame.parentElement.querySelector(".hint");
hint.textContent += " Click a module to open or fold it, drag to move, zoom with two fingers or with Ctrl and the wheel" +
  " (a click into the picture is enough); Enter goes to the next that is found.";
frame.before(tools);
svg.classList.add("live");
svg.removeAttribute("width");
svg.removeAttribute("height");
/* Begin where the step begins, at a size that can be read; a page has the graph folded until it is asked for. */
const around = svg.closest("details");
foldToSize();
if (around && !around.open) around.addEventListener("toggle", begin, { once: true });
else begin();
