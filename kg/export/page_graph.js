// The embedded data as columns of numbers, and what follows from them: neighbours, strength, texts.
async function readGraph() {
  const element = document.getElementById("data");
  let text = element.textContent;
  if (element.dataset.encoding === "deflate") {
    const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    text = await new Response(unpacked).text();
  }
  const data = JSON.parse(text), texts = data.texts;
  const starts = [0];
  for (const column of data.columns) starts.push(starts[starts.length - 1] + column.label.length);
  const count = starts[starts.length - 1];
  const x = new Float64Array(count), y = new Float64Array(count), radius = new Float64Array(count);
  const kind = new Uint8Array(count);
  data.columns.forEach((column, number) => {
    x.set(column.x, starts[number]); y.set(column.y, starts[number]); radius.set(column.r, starts[number]);
    kind.fill(number, starts[number], starts[number + 1]);
  });
  const [source, target, link, weight] = data.edges.map((column) => Int32Array.from(column));
  const strength = new Float64Array(count), ends = new Int32Array(count + 1);
  for (let e = 0; e < source.length; e += 1) {
    strength[source[e]] += weight[e]; ends[source[e]] += 1;
    if (target[e] !== source[e]) { strength[target[e]] += weight[e]; ends[target[e]] += 1; }
  }
  // The edges of node i are near[first[i]] … near[first[i + 1] - 1].
  const first = new Int32Array(count + 1), near = new Int32Array(ends.reduce((a, b) => a + b, 0));
  for (let i = 0; i < count; i += 1) first[i + 1] = first[i] + ends[i];
  const place = first.slice();
  for (let e = 0; e < source.length; e += 1) {
    near[place[source[e]]++] = e;
    if (target[e] !== source[e]) near[place[target[e]]++] = e;
  }
  const number = (column, i) => column[i - starts[kind[i]]];
  return {
    count, x, y, radius, kind, source, target, link, weight, strength,
    directed: data.directed, title: data.title, kinds: data.kinds, links: data.links,
    fields: data.fields, values: data.values,
    members: (k) => starts[k + 1] - starts[k],
    edgesOf: (i) => near.subarray(first[i], first[i + 1]),
    other: (e, i) => (source[e] === i ? target[e] : source[e]),
    label: (i) => texts[number(data.columns[kind[i]].label, i)],
    fact: (i, name) => {
      const column = data.columns[kind[i]].facts[name];
      return column ? texts[number(column, i)] : "";
    },
  };
}
