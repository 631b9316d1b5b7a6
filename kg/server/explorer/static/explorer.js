// Results as one types; the arrow keys go through them, Escape closes. Ctrl+Enter runs a query.
"use strict";
const box = document.getElementById("q"), list = document.getElementById("suggestions");
let waiting = 0, latest = 0;

function close() { list.hidden = true; latest += 1; }

async function suggest() {
  const wanted = box.value.trim(), turn = ++latest;
  if (!wanted) { close(); return; }
  const address = new URL(box.dataset.suggest, location.href);
  address.searchParams.set("q", wanted);
  try {
    const answer = await fetch(address);
    if (turn !== latest || !answer.ok) return;
    // Made by the server, where every text is escaped.
    list.innerHTML = await answer.text();
    list.hidden = false;
  } catch { close(); }
}

box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(suggest, 150); });
box.form.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !list.hidden) { event.preventDefault(); close(); box.focus(); }
  if (list.hidden || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
  const stops = [box, ...list.querySelectorAll("a")];
  const next = stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
  if (stops[next]) { event.preventDefault(); stops[next].focus(); }
});
document.addEventListener("click", (event) => { if (!box.form.contains(event.target)) close(); });
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) {
    event.preventDefault();
    box.focus();
  }
});
const editor = document.querySelector(".editor textarea");
if (editor) {
  editor.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); editor.form.requestSubmit(); }
  });
}

// Parts that take a while come after the page; without a script their link stays.
for (const part of document.querySelectorAll("[data-load]")) {
  part.setAttribute("aria-busy", "true");
  fetch(part.dataset.load)
    .then(async (answer) => { if (answer.ok) part.innerHTML = await answer.text(); })
    .finally(() => part.removeAttribute("aria-busy"));
}
