// The picture: where things are on the screen, drawing, and finding what is under the pointer.
function makeScene(canvas, data, colours) {
  const count = data.nodes.length;
  const X = new Float64Array(count), Y = new Float64Array(count), R = new Float64Array(count);
  const kindOf = new Uint8Array(count), strength = new Float64Array(count);
  const near = Array.from({ length: count }, () => []); // per node: numbers of its edges
  data.nodes.forEach((node, i) => { X[i] = node.x; Y[i] = node.y; R[i] = node.r; kindOf[i] = node.kind; });
  data.edges.forEach((edge, e) => {
    near[edge.s].push(e);
    if (edge.t !== edge.s) near[edge.t].push(e);
    strength[edge.s] += edge.w; strength[edge.t] += edge.w;
  });
  const byStrength = Array.from({ length: count }, (_, i) => i)
    .sort((a, b) => strength[b] * R[b] ** 2 - strength[a] * R[a] ** 2 || a - b);

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
  const view = { scale: 1, x: 0, y: 0, width: 0, height: 0 };
  const state = { hidden: new Set(), selected: -1, hovered: -1, moving: false, untouched: true };
  const MANY = 6000; // more edges than this are not drawn while the picture moves
  let waiting = 0, settle = 0;

  const shown = (i) => !state.hidden.has(kindOf[i]);
  const toScreen = (i) => [X[i] * view.scale + view.x, Y[i] * view.scale + view.y];
  const sizeOf = (i) => Math.max(1.2, R[i] * view.scale ** 0.75); // a distant node stays visible

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
    if (!count) return;
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < count; i += 1) {
      left = Math.min(left, X[i] - R[i]); right = Math.max(right, X[i] + R[i]);
      top = Math.min(top, Y[i] - R[i]); bottom = Math.max(bottom, Y[i] + R[i]);
    }
    const margin = 50;
    view.scale = Math.min((view.width - 2 * margin) / Math.max(right - left, 1),
      (view.height - 2 * margin) / Math.max(bottom - top, 1), 2.5);
    view.scale = Math.max(view.scale, 0.005);
    view.x = view.width / 2 - (left + right) / 2 * view.scale;
    view.y = view.height / 2 - (top + bottom) / 2 * view.scale;
    redraw();
  }

  function zoom(factor, px = view.width / 2, py = view.height / 2) {
    const scale = Math.min(12, Math.max(0.005, view.scale * factor));
    view.x = px - (px - view.x) * scale / view.scale;
    view.y = py - (py - view.y) * scale / view.scale;
    view.scale = scale;
    move();
  }

  function pan(dx, dy) { view.x += dx; view.y += dy; move(); }

  function centre(i) {
    state.untouched = false;
    if (view.scale < 0.7) view.scale = 0.7;
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
    const reach = Math.max(1.2, largest * view.scale ** 0.75) / view.scale + slack / view.scale;
    let best = -1, bestGap = Infinity;
    const look = (i) => {
      if (!shown(i)) return;
      const gap = Math.hypot(X[i] - wx, Y[i] - wy) * view.scale - sizeOf(i);
      if (gap < slack && gap < bestGap) { best = i; bestGap = gap; }
    };
    const [x0, x1] = [Math.floor((wx - reach) / CELL), Math.floor((wx + reach) / CELL)];
    const [y0, y1] = [Math.floor((wy - reach) / CELL), Math.floor((wy + reach) / CELL)];
    if ((x1 - x0 + 1) * (y1 - y0 + 1) > grid.size) { for (let i = 0; i < count; i += 1) look(i); return best; }
    for (let cx = x0; cx <= x1; cx += 1) {
      for (let cy = y0; cy <= y1; cy += 1) (grid.get(cellKey(cx, cy)) || []).forEach(look);
    }
    return best;
  }

  const widthClass = (weight) => (weight >= 8 ? 2 : weight >= 3 ? 1 : 0);
  const WIDTHS = [0.8, 1.7, 3];

  function traceEdges(edges, filter) {
    context.beginPath();
    for (const edge of edges) {
      if (filter && !filter(edge)) continue;
      if (!shown(edge.s) || !shown(edge.t)) continue;
      const [x0, y0] = toScreen(edge.s), [x1, y1] = toScreen(edge.t);
      if (Math.max(x0, x1) < 0 || Math.min(x0, x1) > view.width) continue;
      if (Math.max(y0, y1) < 0 || Math.min(y0, y1) > view.height) continue;
      context.moveTo(x0, y0); context.lineTo(x1, y1);
    }
    context.stroke();
  }

  function drawNodes(list, kind) {
    context.beginPath();
    for (const i of list) {
      if (kindOf[i] !== kind || !shown(i)) continue;
      const [x, y] = toScreen(i), size = sizeOf(i);
      if (x < -size || y < -size || x > view.width + size || y > view.height + size) continue;
      if (size < 2) context.rect(x - size, y - size, size * 2, size * 2);
      else { context.moveTo(x + size, y); context.arc(x, y, size, 0, 6.2832); }
    }
    context.fillStyle = colours.kinds[kind];
    context.fill();
    if (view.scale > 0.35) { context.strokeStyle = colours.paper; context.lineWidth = 1; context.stroke(); }
  }

  const shortened = data.nodes.map((node) => {
    const letters = Array.from(node.label);
    return letters.length > 18 ? letters.slice(0, 17).join("") + "…" : node.label;
  });
  const widths = new Float64Array(count);

  // Labels from the strongest node down; one that would cover another is left out.
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
    const list = only ? [...first, ...only] : byStrength;
    for (const i of list) {
      const size = sizeOf(i);
      if (size < 3.2 || !shown(i)) continue;
      const [x, y] = toScreen(i), half = size * 0.7;
      if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
      cellsOf(x - half, y - half, x + half, y + half).forEach((cell) => { if (!discs.has(cell)) discs.set(cell, i); });
    }
    // A label may cover discs much smaller than its own, but no label.
    const blocked = (cell, i, size) =>
      written.has(cell) || (discs.has(cell) && discs.get(cell) !== i && sizeOf(discs.get(cell)) > size * 0.62);
    let drawn = 0;
    const tryLabel = (i, force) => {
      const size = sizeOf(i);
      if (!shown(i) || (!force && size < 3.2)) return;
      const [x, y] = toScreen(i);
      if (x < -80 || y < -20 || x > view.width + 80 || y > view.height + 20) return;
      if (!widths[i]) widths[i] = context.measureText(shortened[i]).width || 1;
      const half = widths[i] / 2;
      const places = [[x, y + size + 2], [x, y - size - 15], [x + size + half + 4, y - 6], [x - size - half - 4, y - 6]];
      for (const [at, top] of force ? places.slice(0, 1) : places) {
        const cells = cellsOf(at - half - 1, top, at + half + 1, top + 13);
        if (!force && cells.some((cell) => blocked(cell, i, size))) continue;
        cells.forEach((cell) => written.add(cell));
        context.strokeText(shortened[i], at, top);
        context.fillStyle = colours.ink;
        context.fillText(shortened[i], at, top);
        drawn += 1;
        return;
      }
    };
    first.forEach((i) => tryLabel(i, true));
    for (const i of only || byStrength) {
      if (drawn >= limit) break;
      tryLabel(i, false);
    }
  }

  const every = Array.from(X.keys());

  function draw() {
    const ratio = window.devicePixelRatio || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.globalAlpha = 1;
    context.fillStyle = colours.paper;
    context.fillRect(0, 0, view.width, view.height);
    const focus = state.selected >= 0 && shown(state.selected) ? state.selected : -1;
    const kinds = data.kinds.map((_, kind) => kind).reverse();
    if (!(state.moving && data.edges.length > MANY)) {
      // Many edges on a small picture add up to a blot; each is drawn fainter then.
      const crowd = Math.min(1, Math.sqrt(2500 / Math.max(1, data.edges.length)) * Math.max(1, view.scale));
      context.globalAlpha = (focus >= 0 ? 0.18 : 0.6) * Math.max(0.25, crowd);
      context.strokeStyle = colours.edge;
      WIDTHS.forEach((width, size) => {
        context.lineWidth = width * Math.min(1.4, Math.max(0.5, view.scale));
        traceEdges(data.edges, (edge) => widthClass(edge.w) === size);
      });
    }
    context.globalAlpha = focus >= 0 ? 0.22 : 1;
    kinds.forEach((kind) => drawNodes(every, kind));
    context.globalAlpha = 1;
    if (focus < 0) {
      drawLabels(state.hovered >= 0 ? [state.hovered] : []);
    } else {
      const around = near[focus].map((e) => (data.edges[e].s === focus ? data.edges[e].t : data.edges[e].s));
      context.strokeStyle = colours.accent; context.lineWidth = 1.6;
      traceEdges(near[focus].map((e) => data.edges[e]));
      kinds.forEach((kind) => drawNodes([...around, focus], kind));
      drawLabels([focus], around.sort((a, b) => strength[b] - strength[a]));
    }
    for (const i of new Set([focus, state.hovered])) {
      if (i < 0 || !shown(i)) continue;
      const [x, y] = toScreen(i);
      context.beginPath(); context.arc(x, y, sizeOf(i) + 3, 0, 6.2832);
      context.lineWidth = 2.5; context.strokeStyle = colours.accent; context.stroke();
    }
  }

  return { state, near, strength, view, resize, fit, zoom, pan, centre, pick, redraw };
}
