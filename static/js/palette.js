// The command palette: the search page's results inside a dialog.
import { Listbox } from "./listbox.js";

const dialog = document.getElementById("palette");
const form = dialog?.querySelector("[data-palette]");
const input = form?.elements.namedItem("q");
const results = dialog?.querySelector('[role="listbox"]');
const listbox = dialog ? new Listbox(input, results) : null;
let asked = 0;
let timer = 0;

async function ask() {
  const mine = ++asked;
  const address = new URL(form.action);
  address.searchParams.set("q", input.value);
  const answer = await fetch(address, { headers: { "X-Requested-With": "palette" } }).catch(() => null);
  if (mine !== asked) return;
  if (!answer?.ok) return location.assign(address);
  results.innerHTML = await answer.text();
  listbox.select(listbox.options[0] ?? null);
}

export function openPalette() {
  if (!dialog) return location.assign("/search/");
  if (dialog.open) return;
  dialog.showModal();
  input.select();
  ask();
}

if (dialog) {
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 120);
  });
  input.addEventListener("keydown", (event) => {
    if (listbox.key(event)) return;
    if (event.key === "Enter" && listbox.current) {
      event.preventDefault();
      listbox.current.click();
    }
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-palette-open]")) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openPalette();
  });
}
