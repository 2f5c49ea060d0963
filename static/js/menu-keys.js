// Keys: "/" goes to the page's search; arrows walk through an open menu; Escape and a click elsewhere close it.

const typing = (element) => element.matches("input, textarea, select, [contenteditable]");

export function listen(root) {
  root.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && !typing(event.target)) return focusSearch(root, event);
    const menu = event.target.closest("details.menu[open]");
    if (menu) walk(menu, event);
  });
  root.addEventListener("click", (event) => {
    for (const menu of root.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
}

function focusSearch(root, event) {
  const field = root.querySelector("[data-shortcut='/']");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
}

function walk(menu, event) {
  const summary = menu.querySelector("summary");
  if (event.key === "Escape") {
    menu.open = false;
    return summary.focus();
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const stops = [...menu.querySelectorAll(".menu-panel :is(a, button)")];
  const at = stops.indexOf(event.target);
  const next = at < 0 && step < 0 ? stops.length - 1 : (at + step + stops.length) % stops.length;
  stops[next]?.focus();
}
