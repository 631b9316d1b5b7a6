// The picture: where things are on the screen, drawing, and finding what is under the pointer.
function makeScene(canvas, graph, colours) {
  const { count, x: X, y: Y, radius: R, kind: kindOf, source, target, weight, strength } = graph;
  const DEPARTMENT = 0;
  const numbers = Array.from({ length: count }, (_, i) => i);
  const importance = Float64Array.from(numbers, (i) => strength[i] * R[i] ** 2 + (kindOf[i] === DEPARTMENT ? 1e9 : 0));
  const byImportance = numbers.slice().sort((a, b) => importance[b] - importance[a] || a - b);

  // Cells of one size over the drawing, each with the nodes in it.
  const CELL = 60, grid = new Map();
  const cellKey = (cx, cy) => cx * 2097152 + cy;
  for (let i = 0; i < count; i += 1) {
    const key = cellKey(Math.floor(X[i] / CELL), Math.floor(Y[i] / CELL));
    if (!grid.has(key)) grid.set(key, []);
    grid.get(key).push(i);
  }
  const largest = R.reduce((a, b) => Math.max(a, b), 1);

  const context = canvas.getContext("2d");
  // Discs grow slower than distances, by scale ** 0.75.
  const view = { scale: 1, growth: 1, x: 0, y: 0, width: 0, height: 0 };
  const state = { hidden: new Set(), department: "", year: "", selected: -1, hovered: -1, moving: false, untouched: true };
  const MANY = 6000; // more edges than this are not drawn while the picture moves
  let waiting = 0, settle = 0;

  // ------------------------------------------------------------------------------------------------ what is shown
  const shown = new Uint8Array(count).fill(1);
  let order = []; // shown nodes, a list for each kind, those drawn first in front
  let lines = []; // shown edges, a list for each width
  const widthClass = (e) => (weight[e] >= 8 ? 2 : weight[e] >= 3 ? 1 : 0);
  const WIDTHS = [0.8, 1.7, 3];
  const holds = (i, name, wanted) => !wanted || graph.fact(i, name).split("；").includes(wanted);

  // A cited document has no department and no year of its own: it is shown with what cites it.
  function filter() {
    const narrowed = state.department || state.year;
    const loose = [];
    for (let i = 0; i < count; i += 1) {
      const own = !narrowed || graph.fact(i, "department") || graph.fact(i, "fiscal_years");
      shown[i] = own && holds(i, "department", state.department) && holds(i, "fiscal_years", state.year) ? 1 : 0;
      if (!own) loose.push(i);
    }
    const cited = loose.filter((i) => graph.edgesOf(i).some((e) => shown[graph.other(e, i)]));
    for (const i of cited) shown[i] = 1;
    for (let i = 0; i < count; i += 1) if (state.hidden.has(kindOf[i])) shown[i] = 0;
    const last = [2, 3, 1, 0]; // indicators below, departments above
    order = last.map((kind) => numbers.filter((i) => shown[i] && kindOf[i] === kind));
    lines = WIDTHS.map((_, size) => []);
    for (let e = 0; e < source.length; e += 1) if (shown[source[e]] && shown[target[e]]) lines[widthClass(e)].push(e);
    redraw();
  }
  const shownCount = () => order.reduce((sum, list) => sum + list.length, 0);

  // ------------------------------------------------------------------------------------------------ where it is
  const screenX = (i) => X[i] * view.scale + view.x;
  const screenY = (i) => Y[i] * view.scale + view.y;
  const LEAST = [3, 1.5, 1, 1.4]; // a distant node stays visible, a department above all
  const sizeOf = (i) => Math.max(LEAST[kindOf[i]], R[i] * view.growth);

  function scaled(scale) { view.scale = scale; view.growth = scale ** 0.75; }

  function resize() {
    const ratio = window.devicePixelRatio || 1, box = canvas.getBoundingClientRect();
    const old = [view.width, view.height];
    view.width = box.width; view.height = box.height;
    canvas.width = Math.max(1, Math.round(box.width * ratio));
    canvas.height = Math.max(1, Math.round(box.height * ratio));
    if (old[0]) { view.x += (box.width - old[0]) / 2; view.y += (box.height - old[1]) / 2; }
    if (state.untouched) fit();
    draw(); // at once: setting the size has emptied the canvas
  }

  function fit() {
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < count; i += 1) {
      if (!shown[i]) continue;
      left = Math.min(left, X[i] - R[i]); right = Math.max(right, X[i] + R[i]);
      top = Math.min(top, Y[i] - R[i]); bottom = Math.max(bottom, Y[i] + R[i]);
    }
    if (left > right) return;
    const margin = Math.min(50, view.width / 12);
    view.scale = Math.min((view.width - 2 * margin) / Math.max(right - left, 1),
      (view.height - 2 * margin) / Math.max(bottom - top, 1), 2.5);
    scaled(Math.max(view.scale, 0.005));
    view.x = view.width / 2 - (left + right) / 2 * view.scale;
    view.y = view.height / 2 - (top + bottom) / 2 * view.scale;
    redraw();
  }

  function zoom(factor, px = view.width / 2, py = view.height / 2) {
    const scale = Math.min(12, Math.max(0.005, view.scale * factor));
    view.x = px - (px - view.x) * scale / view.scale;
    view.y = py - (py - view.y) * scale / view.scale;
    scaled(scale);
    move();
  }

  function pan(dx, dy) { view.x += dx; view.y += dy; move(); }

  // The node in the middle, at the scale at which its neighbours are in sight.
  function centre(i) {
    let [across, down] = [1, 1];
    for (const e of graph.edgesOf(i)) {
      across = Math.max(across, Math.abs(X[graph.other(e, i)] - X[i]));
      down = Math.max(down, Math.abs(Y[graph.other(e, i)] - Y[i]));
    }
    state.untouched = false;
    scaled(Math.max(0.25, Math.min(2, view.width * 0.38 / across, view.height * 0.42 / down)));
    view.x = view.width / 2 - X[i] * view.scale;
    view.y = view.height / 2 - Y[i] * view.scale;
    redraw();
  }

  function move() {
    state.moving = true;
    state.untouched = false;
    clearTimeout(settle);
    settle = setTimeout(() => { state.moving = false; redraw(); }, 160);
    redraw();
  }

  function redraw() {
    if (!waiting) waiting = requestAnimationFrame(() => { waiting = 0; draw(); });
  }

  // The shown node under a point of the screen, nearest first; -1 for none.
  function pick(px, py, slack = 6) {
    const wx = (px - view.x) / view.scale, wy = (py - view.y) / view.scale;
    const reach = (Math.max(LEAST[DEPARTMENT], largest * view.growth) + slack) / view.scale;
    let best = -1, bestGap = Infinity;
    const look = (i) => {
      if (!shown[i]) return;
      const gap = Math.hypot(X[i] - wx, Y[i] - wy) * view.scale - sizeOf(i);
      if (gap < slack && gap < bestGap) { best = i; bestGap = gap; }
    };
    const [x0, x1] = [Math.floor((wx - reach) / CELL), Math.floor((wx + reach) / CELL)];
    const [y0, y1] = [Math.floor((wy - reach) / CELL), Math.floor((wy + reach) / CELL)];
    if ((x1 - x0 + 1) * (y1 - y0 + 1) > grid.size) { numbers.forEach(look); return best; }
    for (let cx = x0; cx <= x1; cx += 1) {
      for (let cy = y0; cy <= y1; cy += 1) (grid.get(cellKey(cx, cy)) || []).forEach(look);
    }
    return best;
  }

  // ------------------------------------------------------------------------------------------------ drawing
  // Edges go out in batches: one path of a hundred thousand lines takes longer than many short ones.
  const BATCH = 400;

  function traceEdges(edges) {
    const { scale, x, y, width, height } = view;
    let traced = 0;
    context.beginPath();
    for (const e of edges) {
      const a = source[e], b = target[e];
      const x0 = X[a] * scale + x, y0 = Y[a] * scale + y, x1 = X[b] * scale + x, y1 = Y[b] * scale + y;
      if ((x0 < 0 && x1 < 0) || (x0 > width && x1 > width)) continue;
      if ((y0 < 0 && y1 < 0) || (y0 > height && y1 > height)) continue;
      context.moveTo(x0, y0); context.lineTo(x1, y1);
      traced += 1;
      if (traced % BATCH === 0) { context.stroke(); context.beginPath(); }
    }
    context.stroke();
  }

  function drawNodes(list) {
    if (!list.length) return;
    const { width, height } = view;
    context.fillStyle = colours.kinds[kindOf[list[0]]];
    context.beginPath();
    for (const i of list) {
      const x = screenX(i), y = screenY(i), size = sizeOf(i);
      if (x < -size || y < -size || x > width + size || y > height + size) continue;
      if (size < 2) context.fillRect(x - size, y - size, size * 2, size * 2);
      else { context.moveTo(x + size, y); context.arc(x, y, size, 0, 6.2832); }
    }
    context.fill();
    if (view.scale > 0.35) { context.strokeStyle = colours.paper; context.lineWidth = 1; context.stroke(); }
  }

  const shortened = new Map(), widths = new Map();
  function short(i) {
    if (!shortened.has(i)) {
      const letters = Array.from(graph.label(i).replace(/\s+/g, " "));
      shortened.set(i, letters.length > 18 ? letters.slice(0, 17).join("") + "…" : letters.join(""));
    }
    return shortened.get(i);
  }

  // Labels from the most important node down; one that would cover another is left out.
  function drawLabels(first, only) {
    context.font = "12px " + colours.font;
    context.textAlign = "center"; context.textBaseline = "top";
    context.lineJoin = "round"; context.lineWidth = 3.5; context.strokeStyle = colours.paper;
    const W = 22, H = 9, limit = state.moving ? 60 : 260;
    const written = new Set(), discs = new Map(); // cells of the screen with a label; → the node whose disc is there
    const cellsOf = (left, top, right, bottom) => {
      const cells = [];
      for (let cx = Math.floor(left / W); cx <= Math.floor(right / W); cx += 1) {
        for (let cy = Math.floor(top / H); cy <= Math.floor(bottom / H); cy += 1) cells.push(cellKey(cx, cy));
      }
      return cells;
    };
    const named = (i, size) => shown[i] && (size >= 3.2 || kindOf[i] === DEPARTMENT);
    const list = only ? [...first, ...only] : byImportance;
    for (const i of list) {
      const size = sizeOf(i);
      if (!named(i, size)) continue;
      const x = screenX(i), y = screenY(i), half = size * 0.7;
      if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
      cellsOf(x - half, y - half, x + half, y + half).forEach((cell) => { if (!discs.has(cell)) discs.set(cell, i); });
    }
    // A label may cover discs much smaller than its own, but no label.
    const blocked = (cell, i, size) =>
      written.has(cell) || (discs.has(cell) && discs.get(cell) !== i && sizeOf(discs.get(cell)) > size * 0.62);
    let drawn = 0;
    const tryLabel = (i, force) => {
      const size = sizeOf(i);
      if (!shown[i] || (!force && !named(i, size))) return;
      const x = screenX(i), y = screenY(i);
      if (x < -80 || y < -20 || x > view.width + 80 || y > view.height + 20) return;
      if (!widths.has(i)) widths.set(i, context.measureText(short(i)).width || 1);
      const half = widths.get(i) / 2;
      const places = [[x, y + size + 2], [x, y - size - 15], [x + size + half + 4, y - 6], [x - size - half - 4, y - 6]];
      for (const [at, top] of force ? places.slice(0, 1) : places) {
        const cells = cellsOf(at - half - 1, top, at + half + 1, top + 13);
        if (!force && (at < half || at > view.width - half || cells.some((cell) => blocked(cell, i, size)))) continue;
        cells.forEach((cell) => written.add(cell));
        context.strokeText(short(i), at, top);
        context.fillStyle = colours.ink;
        context.fillText(short(i), at, top);
        drawn += 1;
        return;
      }
    };
    first.forEach((i) => tryLabel(i, true));
    for (const i of only || byImportance) {
      if (drawn >= limit) break;
      tryLabel(i, false);
    }
  }

  function draw() {
    const ratio = window.devicePixelRatio || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.globalAlpha = 1;
    context.fillStyle = colours.paper;
    context.fillRect(0, 0, view.width, view.height);
    const focus = state.selected >= 0 && shown[state.selected] ? state.selected : -1;
    const edges = lines.reduce((sum, list) => sum + list.length, 0);
    if (!(state.moving && edges > MANY)) {
      // Many edges on a small picture add up to a blot; each is drawn fainter then.
      const crowd = Math.min(1, Math.sqrt(2500 / Math.max(1, edges)) * Math.max(1, view.scale));
      context.globalAlpha = (focus >= 0 ? 0.18 : 0.6) * Math.max(0.12, crowd);
      context.strokeStyle = colours.edge;
      lines.forEach((list, size) => {
        context.lineWidth = WIDTHS[size] * Math.min(1.4, Math.max(0.5, view.scale));
        traceEdges(list);
      });
    }
    context.globalAlpha = focus >= 0 ? 0.22 : 1;
    order.forEach(drawNodes);
    context.globalAlpha = 1;
    if (focus < 0) {
      drawLabels([]);
    } else {
      const edgesAround = Array.from(graph.edgesOf(focus)).filter((e) => shown[graph.other(e, focus)]);
      const around = edgesAround.map((e) => graph.other(e, focus)).sort((a, b) => importance[b] - importance[a] || a - b);
      context.strokeStyle = colours.accent; context.lineWidth = 1.6;
      traceEdges(edgesAround);
      [2, 3, 1, 0].forEach((kind) => drawNodes([...around, focus].filter((i) => kindOf[i] === kind)));
      drawLabels([focus], around);
    }
    for (const i of new Set([focus, state.hovered])) {
      if (i < 0 || !shown[i]) continue;
      context.beginPath(); context.arc(screenX(i), screenY(i), sizeOf(i) + 3, 0, 6.2832);
      context.lineWidth = 2.5; context.strokeStyle = colours.accent; context.stroke();
    }
  }

  return { state, view, shown, shownCount, filter, resize, fit, zoom, pan, centre, pick, redraw };
}
