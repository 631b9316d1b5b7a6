// The words beside the picture: search, facts of one node, its neighbours, the legend.
function makePanel(data, scene, words, select) {
  const byId = (id) => document.getElementById(id);
  const make = (tag, text, name) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (name) element.className = name;
    return element;
  };
  const dot = (kind) => {
    const mark = make("span", "", "dot");
    mark.style.background = data.kinds[kind].colour;
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
  const keys = data.nodes.map((node) =>
    [node.label, ...["code", "number", "title", "spellings", "target"].filter((name) => name in node.facts)
      .flatMap((name) => String(node.facts[name]).split("；"))].map(searchKey));

  function nodeButton(i, more) {
    const button = make("button");
    button.type = "button";
    button.append(dot(data.nodes[i].kind), make("span", data.nodes[i].label));
    if (more) button.append(make("span", more, "more"));
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
      keys.forEach((names, i) => {
        if (names.some((name) => name.includes(key))) found.push(i);
      });
      const full = (i) => (keys[i].includes(key) ? 1 : 0);
      found.sort((a, b) => full(b) - full(a) || scene.strength[b] - scene.strength[a] || a - b);
    }
    byId("found").textContent = key ? word(found.length ? "found" : "none", { n: found.length }) : "";
    list(byId("results"), found, (i) => nameOf(data.kinds[data.nodes[i].kind].name));
    return found;
  }

  // What tells an indicator apart in a list: its target and, outside its project, the project.
  function beside(i, from) {
    const held = scene.near[i].map((e) => data.edges[e]).find((edge) => data.links[edge.k].holds && edge.t === i);
    const project = held && held.s !== from ? data.nodes[held.s].label : "";
    return [data.nodes[i].facts.target, project].filter(Boolean).join(" · ");
  }

  function facts(i) {
    const place = byId("facts");
    if (i < 0) { place.replaceChildren(make("p", word("start"), "kind")); return; }
    const node = data.nodes[i], kind = make("p", undefined, "kind"), shown = make("dl");
    kind.append(dot(node.kind), nameOf(data.kinds[node.kind].name));
    const close = make("button", "×", "close");
    close.type = "button"; close.title = word("close"); close.setAttribute("aria-label", word("close"));
    close.addEventListener("click", () => select(-1));
    for (const [field, name] of Object.entries(data.fields)) {
      if (!(field in node.facts)) continue;
      const value = String(node.facts[field]), coded = (data.values[field] || {})[value];
      shown.append(make("dt", nameOf(name)), make("dd", coded ? nameOf(coded) : value));
    }
    place.replaceChildren(close, make("h2", node.label), kind, shown);
    // Neighbours by kind of link, the way the link points included; strongest first.
    const groups = new Map();
    for (const e of scene.near[i]) {
      const edge = data.edges[e], out = edge.s === i, group = edge.k * 2 + (out || !data.directed ? 0 : 1);
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push([out ? edge.t : edge.s, edge.w]);
    }
    for (const [group, members] of [...groups].sort((a, b) => a[0] - b[0])) {
      const link = data.links[group >> 1], weights = new Map(members);
      members.sort((a, b) => b[1] - a[1] || scene.strength[b[0]] - scene.strength[a[0]] || a[0] - b[0]);
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
    data.kinds.forEach((kind, number) => {
      if (!kind.count) return;
      const label = make("label"), box = make("input");
      box.type = "checkbox"; box.checked = !scene.state.hidden.has(number);
      box.addEventListener("change", () => {
        if (box.checked) scene.state.hidden.delete(number); else scene.state.hidden.add(number);
        scene.redraw();
      });
      label.append(box, dot(number), make("span", nameOf(kind.name)),
        make("span", kind.count.toLocaleString(language), "number"));
      place.append(label);
    });
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
    byId("title").textContent = document.title = nameOf(data.title);
    byId("count").textContent = word("count", { nodes: data.nodes.length, edges: data.edges.length });
    byId("left-out").hidden = !data.leftOut;
    byId("left-out").textContent = word("leftOut", { shown: data.nodes.length, out: data.leftOut });
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
    byId("graph").setAttribute("aria-label", nameOf(data.title));
    byId("keys").textContent = word("keys");
    legend(); search(); facts(selected);
  }

  return { facts, find, speak, kindName: (i) => nameOf(data.kinds[data.nodes[i].kind].name), language: () => language };
}
