"use strict";
const query = document.getElementById("query");
const found = document.getElementById("found");
const terms = [...document.querySelectorAll("[data-term]")].map((node) => ({
  node,
  text: `${node.id} ${node.textContent}`.toLowerCase(),
}));
const groups = [...document.querySelectorAll("[data-group]")].reverse();

function show() {
  const words = query.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const { node, text } of terms) {
    const fits = words.every((word) => text.includes(word));
    node.hidden = !fits;
    count += fits ? 1 : 0;
  }
  for (const group of groups) {
    group.hidden = words.length > 0 && !group.querySelector("[data-term]:not([hidden])");
  }
  found.textContent = words.length ? `${count} 个` : "";
}

function reveal() {
  const node = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (node && node.closest("[hidden]")) {
    query.value = "";
    show();
    node.scrollIntoView();
  }
}

query.form.addEventListener("submit", (event) => event.preventDefault());
query.addEventListener("input", show);
window.addEventListener("hashchange", reveal);
if (window.matchMedia("(max-width: 820px)").matches) {
  document.querySelector("nav details").open = false;
}
const theme = document.getElementById("theme");
theme.hidden = false;
theme.addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : window.matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});
