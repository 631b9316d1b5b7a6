// Start: reads the embedded data, joins picture and panel, and listens to pointer, wheel and keys.
(async function start() {
  const graph = await readGraph();
  const canvas = document.getElementById("graph"), hint = document.getElementById("hint");
  const WORDS = {
    zh: {
      count: "{nodes} 个节点，{edges} 条边", countShown: "显示 {shown} 个节点，共 {nodes} 个",
      leftOut: "节点数超过上限（--max-nodes）：只画出联系最多的 {shown} 个，另有 {out} 个未画出，其中", comma: "、", end: "。",
      closer: "放大", wider: "缩小", fit: "适应窗口", theme: "深色/浅色", otherLanguage: "English", tools: "视图",
      search: "查找名称、编码或文号（括号写法不限）", placeholder: "例如：〔2018〕14号",
      department: "部门", everyDepartment: "全部部门", year: "年度", everyYear: "全部年度", source: "出处",
      mostCited: "引用最多的文件", mostShared: "与其他项目共同依据最多的项目",
      found: "找到 {n} 个", none: "没有找到；可以换短一些的词。", further: "……还有 {n} 个",
      start: "点选图中的一个节点，或在上面查找。", close: "关闭", legend: "图例（可取消勾选）",
      keys: "方向键移动，加号减号缩放，0 适应窗口，Esc 取消选择；节点请用查找框和相邻列表选择。",
    },
    en: {
      count: "{nodes} nodes, {edges} edges", countShown: "{shown} of {nodes} nodes shown",
      leftOut: "More nodes than the cap (--max-nodes): the {shown} best connected are drawn, {out} are left out: ",
      comma: ", ", end: ".",
      closer: "Zoom in", wider: "Zoom out", fit: "Fit", theme: "Dark or light", otherLanguage: "中文", tools: "View",
      search: "Find a name, code or document number (any brackets)", placeholder: "e.g. 〔2018〕14号",
      department: "Department", everyDepartment: "All departments", year: "Year", everyYear: "All years", source: "Source",
      mostCited: "Documents cited most", mostShared: "Projects that share most",
      found: "{n} found", none: "Nothing found; try fewer characters.", further: "… and {n} more",
      start: "Choose a node in the picture, or search above.", close: "Close", legend: "Legend (untick to hide)",
      keys: "Arrow keys move, plus and minus zoom, 0 fits, Esc deselects; choose nodes by search and lists.",
    },
  };
  const colours = { font: getComputedStyle(document.body).fontFamily };
  const scene = makeScene(canvas, graph, colours);
  const panel = makePanel(graph, scene, WORDS, select);

  function select(i, travel) {
    scene.state.selected = i;
    if (i >= 0) panel.reveal(i);
    panel.facts(i);
    const alone = document.hasFocus(); // inside another page nothing must take its focus or scroll it away
    if (i >= 0 && narrow.matches && alone) document.getElementById("facts").scrollIntoView();
    if (i >= 0 && travel) {
      scene.centre(i);
      if (alone) document.getElementById("facts").focus();
    }
    scene.redraw();
  }

  function theme(dark) {
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    const style = getComputedStyle(document.documentElement);
    colours.kinds = graph.kinds.map((_, kind) => style.getPropertyValue("--kind-" + kind).trim());
    for (const name of ["paper", "ink", "edge", "accent"]) colours[name] = style.getPropertyValue("--" + name).trim();
    scene.redraw();
  }
  const narrow = matchMedia("(max-width: 760px)");
  const darkWanted = matchMedia("(prefers-color-scheme: dark)");
  darkWanted.addEventListener("change", (event) => theme(event.matches));

  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  function hover(event) {
    const [px, py] = at(event), i = scene.pick(px, py);
    if (i !== scene.state.hovered) { scene.state.hovered = i; scene.redraw(); }
    hint.hidden = i < 0;
    canvas.style.cursor = i < 0 ? "grab" : "pointer";
    if (i < 0) return;
    hint.textContent = [panel.kindName(i), graph.label(i), graph.fact(i, "target")].filter(Boolean).join(" · ");
    hint.style.left = Math.min(px + 14, scene.view.width - 200) + "px";
    hint.style.top = (py > 60 ? py - 38 : py + 18) + "px";
  }

  // One pointer pans, two zoom; a press that hardly moves is a choice.
  const pressed = new Map();
  let travelled = 0;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pressed.set(event.pointerId, at(event));
    if (pressed.size === 1) travelled = 0;
    hint.hidden = true;
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = pressed.get(event.pointerId);
    if (!before) { if (event.pointerType === "mouse") hover(event); return; }
    const now = at(event), step = Math.hypot(now[0] - before[0], now[1] - before[1]);
    travelled += step;
    if (pressed.size === 2) {
      const other = [...pressed].find(([id]) => id !== event.pointerId)[1];
      const gap = (point) => Math.max(10, Math.hypot(point[0] - other[0], point[1] - other[1]));
      scene.zoom(gap(now) / gap(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
      scene.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    } else if (travelled > 4) {
      scene.pan(now[0] - before[0], now[1] - before[1]);
    }
    pressed.set(event.pointerId, now);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (pressed.size === 1 && travelled <= 4) {
      const [px, py] = at(event);
      select(scene.pick(px, py, event.pointerType === "mouse" ? 6 : 16));
    }
    pressed.delete(event.pointerId);
  });
  canvas.addEventListener("pointercancel", (event) => pressed.delete(event.pointerId));
  canvas.addEventListener("pointerleave", () => { scene.state.hovered = -1; hint.hidden = true; scene.redraw(); });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    scene.zoom(Math.exp(-Math.max(-120, Math.min(120, event.deltaY * lines)) * 0.002), ...at(event));
  }, { passive: false });

  canvas.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 200 : 60;
    const actions = {
      ArrowLeft: () => scene.pan(step, 0), ArrowRight: () => scene.pan(-step, 0),
      ArrowUp: () => scene.pan(0, step), ArrowDown: () => scene.pan(0, -step),
      "+": () => scene.zoom(1.25), "=": () => scene.zoom(1.25), "-": () => scene.zoom(0.8), 0: () => scene.fit(),
    };
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in actions)) return;
    event.preventDefault();
    actions[event.key]();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") select(-1);
    if (event.key === "/" && document.activeElement.tagName !== "INPUT") {
      event.preventDefault();
      document.getElementById("query").focus();
    }
  });
  const click = (id, action) => document.getElementById(id).addEventListener("click", action);
  click("zoom-in", () => scene.zoom(1.4));
  click("zoom-out", () => scene.zoom(1 / 1.4));
  click("fit", () => scene.fit());
  click("theme", () => theme(document.documentElement.dataset.theme !== "dark"));
  click("language", () => panel.speak(panel.language() === "zh" ? "en" : "zh", scene.state.selected));

  theme(darkWanted.matches);
  panel.speak(new URLSearchParams(location.search).get("lang") === "en" ? "en" : "zh", -1);
  new ResizeObserver(scene.resize).observe(canvas);
  scene.resize();
  // An address that ends in #text opens with what the text finds.
  const wanted = new URLSearchParams("text=" + location.hash.slice(1)).get("text");
  if (wanted) panel.find(wanted);
}());
