"use strict";
const items = [...document.querySelectorAll("li[data-status]")];
const find = document.getElementById("find");
const status = document.getElementById("status");
const shape = document.getElementById("shape");
const severity = document.getElementById("severity");
const shown = document.getElementById("shown");
function filter() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const item of items) {
    const text = item.dataset.text;
    const fits = words.every((word) => text.includes(word)) &&
      (!status.value || item.dataset.status === status.value) &&
      (!severity.value || item.dataset.severity === severity.value) && (!shape.value || item.dataset.shape === shape.value);
    item.hidden = !fits;
    if (fits) count += 1;
  }
  shown.textContent = count + " of " + items.length + " shown";
}
for (const control of [find, status, severity, shape]) control.addEventListener("input", filter);
document.getElementById("open").addEventListener("click", () => {
  const visible = items.filter((item) => !item.hidden).map((item) => item.querySelector("details"));
  const open = visible.some((details) => !details.open);
  for (const details of visible) details.open = open;
});
function reveal() {
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  const details = target && target.querySelector("details");
  if (details) { details.open = true; target.scrollIntoView(); }
}
addEventListener("hashchange", reveal);
filter();
reveal();
