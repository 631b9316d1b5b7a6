// The words beside the picture: search, filters, facts of one node, its neighbours, the legend.
function makePanel(graph, scene, words, select) {
  const byId = (id) => document.getElementById(id);
  const make = (tag, text, name) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (name) element.className = name;
    return element;
  };
  const dot = (kind) => {
    const mark = make("span", "", "dot");
    mark.dataset.kind = kind;
    mark.setAttribute("aria-hidden", "true");
    return mark;
  };
  let language = "zh";
  const word = (key, values = {}) =>
    words[language][key].replace(/\{(\w+)\}/g, (_, name) => Number(values[name]).toLocaleString(language));
  const nameOf = (pair) => (language === "zh" ? pair[0] : pair[1]);

  // The form in which names and numbers are compared: the same rule as the search of the commands.
  const searchKey = (text) => text.normalize("NFKC").toLowerCase().trim()
    .replace(/(^|[^0-9])0+(?=[0-9])/g, "$1")
    .replace(/[\s〔〕[\]【】()〈〉<>{}「」『』《》﹝﹞\u200b\ufeff]|第|号$/g, "");
  let keys; // of each node, made at the first search
  const keysOf = (i) => [graph.label(i), ...["code", "number", "title", "spellings", "target"]
    .flatMap((name) => graph.fact(i, name).split("；"))].filter(Boolean).map(searchKey);

  function nodeButton(i, more) {
    const button = make("button");
    button.type = "button";
    button.append(dot(graph.kind[i]), make("bdi", graph.label(i)));
    if (more) button.append(make("bdi", more, "more"));
    button.addEventListener("click", () => select(i, true));
    const item = make("li");
    item.append(button);
    return item;
  }

  const LISTED = 200; // a longer list is no help: the search or a neighbour gets one further

  function list(place, members, more = () => "") {
    place.replaceChildren(...members.slice(0, LISTED).map((i) => nodeButton(i, more(i))));
    if (members.length > LISTED) place.append(make("li", word("further", { n: members.length - LISTED })));
  }

  function search() {
    const key = searchKey(byId("query").value);
    const found = [];
    if (key) {
      keys = keys || Array.from({ length: graph.count }, (_, i) => keysOf(i));
      keys.forEach((names, i) => {
        if (names.some((name) => name.includes(key))) found.push(i);
      });
      const full = (i) => (keys[i].includes(key) ? 1 : 0);
      found.sort((a, b) => full(b) - full(a) || graph.strength[b] - graph.strength[a] || a - b);
    }
    byId("found").textContent = key ? word(found.length ? "found" : "none", { n: found.length }) : "";
    list(byId("results"), found, kindName);
    return found;
  }

  const kindName = (i) => nameOf(graph.kinds[graph.kind[i]].name);

  // What tells an indicator apart in a list: its target and, outside its project, the project.
  function beside(i, from) {
    const held = Array.from(graph.edgesOf(i)).find((e) => graph.links[graph.link[e]].holds && graph.target[e] === i);
    const project = held !== undefined && graph.source[held] !== from ? graph.label(graph.source[held]) : "";
    return [graph.fact(i, "target"), project].filter(Boolean).join(" · ");
  }

  // Nothing is selected: the documents that what is shown cites most, or the projects that share most.
  const RANKED = 12;
  function overview(place) {
    const kind = graph.directed ? graph.kinds.length - 1 : 1, ranked = [];
    for (let i = 0; i < graph.count; i += 1) {
      if (graph.kind[i] !== kind || !scene.shown[i]) continue;
      const weight = graph.edgesOf(i).reduce((sum, e) => sum + scene.shown[graph.other(e, i)] * graph.weight[e], 0);
      if (weight) ranked.push([i, weight]);
    }
    ranked.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    const weights = new Map(ranked), box = make("ul");
    place.replaceChildren(make("p", word("start"), "kind"));
    if (!ranked.length) return;
    place.append(make("h3", word(graph.directed ? "mostCited" : "mostShared")), box);
    list(box, ranked.slice(0, RANKED).map(([i]) => i), (i) => "× " + weights.get(i));
  }

  const PLACE = ["document", "sheet", "page", "line", "table", "row"];

  function factList(i, names) {
    const shown = make("dl");
    for (const field of names) {
      const value = graph.fact(i, field), coded = (graph.values[field] || {})[value];
      if (value) shown.append(make("dt", nameOf(graph.fields[field])), make("dd", coded ? nameOf(coded) : value));
    }
    return shown;
  }

  function facts(i) {
    const place = byId("facts");
    if (i < 0) { overview(place); return; }
    const kind = make("p", undefined, "kind");
    kind.append(dot(graph.kind[i]), kindName(i));
    const close = make("button", "×", "close");
    close.type = "button"; close.title = word("close"); close.setAttribute("aria-label", word("close"));
    close.addEventListener("click", () => select(-1));
    const said = factList(i, Object.keys(graph.fields).filter((field) => !PLACE.includes(field)));
    place.replaceChildren(close, make("h2", graph.label(i)), kind, said);
    const source = factList(i, PLACE);
    if (source.children.length) place.append(make("h3", word("source")), source);
    // Neighbours by kind of link, the way the link points included; strongest first.
    const groups = new Map();
    for (const e of graph.edgesOf(i)) {
      const group = graph.link[e] * 2 + (graph.source[e] === i || !graph.directed ? 0 : 1);
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push([graph.other(e, i), graph.weight[e]]);
    }
    for (const [group, members] of [...groups].sort((a, b) => a[0] - b[0])) {
      const link = graph.links[group >> 1], weights = new Map(members);
      members.sort((a, b) => b[1] - a[1] || graph.strength[b[0]] - graph.strength[a[0]] || a[0] - b[0]);
      const box = make("ul");
      place.append(make("h3", nameOf(group % 2 ? link.back : link.name) + " · " + members.length), box);
      list(box, members.map(([other]) => other),
        (other) => (link.counted ? "× " + weights.get(other) : beside(other, i)));
    }
  }

  function legend() {
    const place = byId("legend");
    place.querySelector("legend").textContent = word("legend");
    place.querySelectorAll("label").forEach((label) => label.remove());
    graph.kinds.forEach((kind, number) => {
      if (!graph.members(number)) return;
      const label = make("label"), box = make("input");
      box.type = "checkbox"; box.checked = !scene.state.hidden.has(number);
      box.addEventListener("change", () => {
        if (box.checked) scene.state.hidden.delete(number); else scene.state.hidden.add(number);
        narrow();
      });
      label.append(box, dot(number), make("span", nameOf(kind.name)),
        make("span", graph.members(number).toLocaleString(language), "number"));
      place.append(label);
    });
  }

  // ------------------------------------------------------------------------------------------------ filters
  const FILTERS = [["department", "department", "everyDepartment"], ["year", "fiscal_years", "everyYear"]];

  function choices(fact) {
    const found = new Set();
    for (let i = 0; i < graph.count; i += 1) graph.fact(i, fact).split("；").forEach((one) => found.add(one));
    found.delete("");
    return [...found].sort((a, b) => a.localeCompare(b, "zh"));
  }
  for (const [id, fact] of FILTERS) {
    const box = byId(id), names = choices(fact);
    box.append(...["", ...names].map((name) => new Option(name, name)));
    box.parentElement.hidden = names.length < 2;
    box.addEventListener("change", () => {
      scene.state[id] = box.value;
      narrow();
      scene.fit();
    });
  }
  byId("filter").addEventListener("submit", (event) => event.preventDefault());

  function narrow() {
    scene.filter();
    const shown = scene.shownCount();
    const numbers = { nodes: graph.count, edges: graph.source.length, shown };
    if (scene.state.selected < 0) facts(-1);
    byId("count").textContent = word(shown < graph.count ? "countShown" : "count", numbers);
  }

  // Shows a node that filters hide.
  function reveal(i) {
    if (scene.shown[i]) return;
    scene.state.hidden.delete(graph.kind[i]);
    scene.state.department = byId("department").value = "";
    scene.state.year = byId("year").value = "";
    legend();
    narrow();
  }

  // Arrow keys walk the list of results; from the search box down into it.
  function walk(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const stops = [byId("query"), ...document.querySelectorAll("#results button")];
    const at = stops.indexOf(document.activeElement);
    if (at < 0) return;
    const next = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) { next.focus(); event.preventDefault(); }
  }
  byId("query").addEventListener("input", search);
  byId("query").addEventListener("keydown", walk);
  byId("results").addEventListener("keydown", walk);
  function find(text) {
    byId("query").value = text;
    const found = search();
    if (found.length) select(found[0], true);
  }
  byId("find").addEventListener("submit", (event) => {
    event.preventDefault();
    find(byId("query").value);
  });

  function speak(chosen, selected) {
    language = chosen;
    document.documentElement.lang = chosen === "zh" ? "zh-CN" : "en";
    byId("title").textContent = document.title = nameOf(graph.title);
    const out = graph.kinds.reduce((sum, kind) => sum + kind.leftOut, 0);
    const each = graph.kinds.filter((kind) => kind.leftOut)
      .map((kind) => nameOf(kind.name) + " " + kind.leftOut.toLocaleString(language));
    byId("left-out").hidden = !out;
    byId("left-out").textContent = word("leftOut", { shown: graph.count, out }) + each.join(word("comma")) + word("end");
    for (const [id, key] of [["zoom-in", "closer"], ["zoom-out", "wider"], ["theme", "theme"]]) {
      byId(id).title = word(key); byId(id).setAttribute("aria-label", word(key));
    }
    byId("zoom-in").textContent = "＋"; byId("zoom-out").textContent = "－"; byId("theme").textContent = "◐";
    byId("fit").textContent = word("fit");
    byId("language").textContent = word("otherLanguage");
    byId("language").lang = chosen === "zh" ? "en" : "zh-CN";
    document.querySelector(".tools").setAttribute("aria-label", word("tools"));
    document.querySelector("#find label").textContent = word("search");
    byId("query").placeholder = word("placeholder");
    for (const [id, , every] of FILTERS) {
      byId(id).previousElementSibling.textContent = word(id);
      byId(id).options[0].text = word(every);
    }
    byId("graph").setAttribute("aria-label", nameOf(graph.title));
    byId("keys").textContent = word("keys");
    legend(); narrow(); search(); facts(selected);
  }

  return { facts, find, speak, reveal, kindName, language: () => language };
}
