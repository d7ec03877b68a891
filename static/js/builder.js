// Forms that are built row by row, without leaving the page: what their buttons and fields would post is posted in the
// background, and the parts as the server answers them take the place of these. The focus stays.
import { enhanceAll } from "./combobox.js";

const form = document.querySelector("form[data-builder]");
const PARTS = ["#builder", "#preview"];
const BUTTONS = 'button[name="do"], button[name$="-do"]';

function begin() {
  const verb = form.querySelector("[data-redraw]").dataset.redraw;
  let waiting = null;
  let asked = 0;

  const written = () => new URLSearchParams(new FormData(form)).toString();

  // A list that is open beside the builder is not taken from under somebody's hands.
  async function listsClosed() {
    while (form.querySelector('#preview [aria-expanded="true"]')) await new Promise((done) => setTimeout(done, 50));
  }

  async function redraw(name, deed) {
    const sent = written();
    const body = new FormData(form);
    body.set(name, deed);
    const turn = ++asked;
    const held = document.activeElement?.id;
    form.querySelector("#builder").inert = true; // what is about to be replaced takes no more input
    const address = form.getAttribute("action") ?? location.href;
    const question = { method: "POST", body, headers: { "X-Requested-With": "builder" } };
    const answer = await fetch(address, question).catch(() => null);
    if (!answer) {
      form.querySelector("#builder").inert = false;
      return;
    }
    const page = answer.redirected ? null : new DOMParser().parseFromString(await answer.text(), "text/html");
    await listsClosed();
    if (turn !== asked) return;
    if (written() !== sent) return redraw(name, deed); // what was entered meanwhile counts, too
    const fresh = PARTS.map((part) => page?.querySelector(part));
    if (fresh.includes(null) || fresh.includes(undefined)) return location.reload();
    const moved = document.activeElement?.id; // to beside the builder, while the answer was on its way
    PARTS.forEach((part, index) => form.querySelector(part).replaceWith(fresh[index]));
    fresh.forEach(enhanceAll);
    focus(name, deed, moved || held);
  }

  function focus(name, deed, held) {
    const [kind, path] = deed.split(":");
    const built = form.querySelector(`[data-builds="${CSS.escape(name.replace(/-do$/, ""))}"]`) ?? form;
    const rows = [...built.querySelectorAll("[data-row]")];
    const inside = rows.filter((row) => !path || row.dataset.row.startsWith(`${path}.`));
    const marked = form.querySelector("[data-focus]");
    if (kind === "add" || kind === "group") inside.at(-1)?.querySelector("select")?.focus();
    else if (marked) marked.focus();
    else if (held && document.getElementById(held)) document.getElementById(held).focus();
    else if (kind === "remove") rows.at(-1)?.querySelector("select")?.focus();
  }

  form.addEventListener("click", (event) => {
    const button = event.target.closest(BUTTONS);
    if (!button) return;
    event.preventDefault();
    clearTimeout(waiting);
    redraw(button.name, button.value);
  });
  form.addEventListener("change", (event) => {
    if (!event.target.closest("#builder, [data-redraws]")) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => redraw(verb, "look"), 20);
  });
  // Enter in a field of the builder looks; it never presses a button that removes or saves.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.defaultPrevented || !event.target.matches("#builder input, [data-enter] input")) {
      return;
    }
    event.preventDefault();
    redraw(verb, event.target.closest("[data-enter]")?.dataset.enter ?? "look");
  });
  // What was chosen before this script had come counts, too; what the browser filled in again after a reload does not.
  const [visit] = performance.getEntriesByType("navigation");
  const touched = [...form.querySelectorAll("#builder select, #builder input")].some(isTouched);
  if (touched && visit?.type !== "reload") redraw(verb, "look");
}

function isTouched(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (!field.matches("select")) return field.role !== "combobox" && field.value !== field.defaultValue;
  const first = [...field.options].findIndex((option) => option.defaultSelected);
  return field.options.length > 0 && field.selectedIndex !== Math.max(0, first);
}

if (form) begin();
