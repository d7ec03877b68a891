// Theme and density at once, without the round trip that the form makes when there are no scripts.
import { keep } from "./cookies.js";

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!event.target.matches("[data-appearance]") || !button) return;
  event.preventDefault();
  keep(button.name, button.value);
  document.documentElement.dataset[button.name] = button.value;
  for (const other of document.querySelectorAll(`[data-appearance] [name="${button.name}"]`)) {
    other.setAttribute("aria-pressed", String(other.value === button.value));
  }
});
