// Single keys: "/" and Ctrl-K search, "?" shows the keys, G and a letter goes somewhere. They can be turned off
// (WCAG 2.1.4) and never act while somebody types.
import { keep, kept } from "./cookies.js";
import { openPalette } from "./palette.js";

const toggle = document.querySelector("[data-single-keys]");
let going = 0;

const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;
const off = () => kept("keys") === "off";

if (toggle) {
  toggle.closest("[hidden]")?.removeAttribute("hidden");
  toggle.checked = !off();
  toggle.addEventListener("change", () => keep("keys", toggle.checked ? "on" : "off"));
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || off() || typing(event.target)) return;
  if (document.querySelector("dialog:modal")) return;
  if (event.key === "/") {
    event.preventDefault();
    openPalette();
  } else if (event.key === "?") {
    document.querySelector('[popovertarget="shortcuts"]')?.click();
  } else if (event.key.toLowerCase() === "g") {
    going = event.timeStamp;
  } else if (event.timeStamp - going < 1500) {
    going = 0;
    document.querySelector(`[data-go="${CSS.escape(event.key.toLowerCase())}"]`)?.click();
  }
});
