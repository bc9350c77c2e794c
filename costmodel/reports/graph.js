"use strict";
const svg = document.querySelector(".graph");
const root = svg.querySelector(".box");
const TITLE = 24, PADDING = 12, ROW_GAP = 30, GAP = 16;
const direct = (g, name) => [...g.children].filter((child) => child.classList.contains(name));
const members = (row) => [...row.children];
const sizes = new Map();
const place = new Map();

/* The same layout as reports/layered.py, of what is not folded. */
function measure(g) {
  const rect = g.querySelector(":scope > rect");
  if (g.classList.contains("op")) return [Number(rect.getAttribute("width")), Number(rect.getAttribute("height"))];
  const folded = g.classList.contains("folded");
  const rows = folded ? [] : direct(g, "row").map((row) => members(row).map((m) => [m, ...measure(m)]));
  const widths = rows.map((row) => row.reduce((sum, [, w]) => sum + w, GAP * (row.length - 1)));
  const inside = Math.max(Number(g.dataset.least), ...widths);
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
  const size = [inside + 2 * PADDING, folded ? TITLE + 8 : y - ROW_GAP + PADDING];
  rect.setAttribute("width", size[0]);
  rect.setAttribute("height", size[1]);
  sizes.set(g, size);
  return size;
}

const byKey = new Map([...svg.querySelectorAll("[data-key]")].map((g) => [g.dataset.key, g]));

function visible(g) {
  let shown = g;
  for (let up = g.parentElement; up && up !== svg; up = up.parentElement)
    if (up.classList.contains("folded")) shown = up;
  return shown;
}

function corner(g) {
  let x = 0, y = 0;
  for (let up = g; up && up !== svg; up = up.parentElement) {
    const [dx, dy] = place.get(up) || [0, 0];
    x += dx;
    y += dy;
  }
  const size = sizes.get(g) || [...g.querySelectorAll(":scope > rect")].map((r) => [r.getAttribute("width"), r.getAttribute("height")].map(Number))[0];
  return [x, y, ...size];
}

function layout() {
  const [width, height] = measure(root);
  for (const path of svg.querySelectorAll(".edges path")) {
    const a = visible(byKey.get(path.dataset.a)), b = visible(byKey.get(path.dataset.b));
    path.style.display = a === b ? "none" : "";
    if (a === b) continue;
    const [ax, ay, aw, ah] = corner(a), [bx, by, bw] = corner(b);
    const x1 = ax + aw / 2, y1 = ay + ah, x2 = bx + bw / 2, y2 = by;
    const bend = Math.max(Math.abs(y2 - y1) / 2, 12);
    path.setAttribute("d", `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`);
    path.setAttribute("class", Math.abs(y2 - y1) + Math.abs(x2 - x1) > 260 ? "far" : "near");
  }
  return [width, height];
}

let view = svg.getAttribute("viewBox").split(" ").map(Number);
const show = () => svg.setAttribute("viewBox", view.join(" "));
function fit() {
  const [width, height] = layout();
  view = [0, 0, width, height];
  show();
}
function zoom(by, at) {
  const box = svg.getBoundingClientRect();
  const scale = Math.max(view[2] / box.width, view[3] / box.height);
  const x = view[0] + view[2] / 2 + (at ? (at[0] - box.left - box.width / 2) * scale : 0);
  const y = view[1] + view[3] / 2 + (at ? (at[1] - box.top - box.height / 2) * scale : 0);
  view = [x - (x - view[0]) * by, y - (y - view[1]) * by, view[2] * by, view[3] * by];
  show();
}
function fold(g, folded) {
  g.classList.toggle("folded", folded);
  g.setAttribute("aria-expanded", String(!g.classList.contains("folded")));
}

const boxes = [...svg.querySelectorAll(".box")].filter((g) => g !== root);
for (const g of boxes) {
  g.setAttribute("tabindex", "0");
  g.setAttribute("role", "button");
  g.setAttribute("aria-expanded", "true");
  g.setAttribute("aria-label", g.dataset.key);
}
let moved = 0;
svg.addEventListener("click", (event) => {
  const g = event.target.closest(".box, .op");
  if (moved > 4 || !g || g === root || g.classList.contains("op")) return;
  fold(g);
  layout();
});
svg.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" && event.key !== " ") return;
  event.preventDefault();
  fold(event.target.closest(".box"));
  layout();
});
svg.addEventListener("pointerover", (event) => {
  const key = event.target.closest(".op")?.dataset.key;
  for (const path of svg.querySelectorAll(".edges path"))
    path.classList.toggle("on", key !== undefined && (path.dataset.a === key || path.dataset.b === key));
});
svg.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(event.deltaY / 500), [event.clientX, event.clientY]);
}, { passive: false });
let held = null;
svg.addEventListener("pointerdown", (event) => { held = [event.clientX, event.clientY]; moved = 0; });
window.addEventListener("pointerup", () => { held = null; });
svg.addEventListener("pointermove", (event) => {
  if (!held) return;
  const box = svg.getBoundingClientRect();
  const scale = Math.max(view[2] / box.width, view[3] / box.height);
  const dx = event.clientX - held[0], dy = event.clientY - held[1];
  moved += Math.abs(dx) + Math.abs(dy);
  view[0] -= dx * scale;
  view[1] -= dy * scale;
  held = [event.clientX, event.clientY];
  show();
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
button("Fold modules", () => { for (const g of boxes) fold(g, g.parentElement.parentElement !== root); fit(); });
button("Unfold all", () => { for (const g of boxes) fold(g, false); fit(); });
document.querySelector(".frame").before(tools);
svg.classList.add("live");
svg.removeAttribute("width");
svg.removeAttribute("height");
/* Begin where the step begins, at a size that can be read. */
layout();
const wide = svg.getBoundingClientRect();
const width = Math.min(view[2], Math.max(wide.width, 600));
view = [(view[2] - width) / 2, 0, width, (width * wide.height) / wide.width];
show();
