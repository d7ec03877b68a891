// The builder of conditions without leaving the page: what its buttons and fields would post is posted in the
// background, and the draft and its preview as the server answers them take the place of these. The focus stays.

const form = document.querySelector("form[data-builder]");
const PARTS = ["#builder", "#preview"];

function begin() {
  const verb = form.querySelector("[data-redraw]").dataset.redraw;
  let waiting = null;
  let asked = 0;

  async function redraw(deed) {
    const body = new FormData(form);
    body.set(verb, deed);
    const turn = ++asked;
    const held = document.activeElement?.id;
    form.querySelector("#builder").inert = true; // what is about to be replaced takes no more input
    const answer = await fetch(location.href, { method: "POST", body, headers: { "X-Requested-With": "builder" } });
    if (turn !== asked) return;
    const page = answer.redirected ? null : new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = PARTS.map((part) => page?.querySelector(part));
    if (fresh.includes(null) || fresh.includes(undefined)) return location.reload();
    PARTS.forEach((part, index) => form.querySelector(part).replaceWith(fresh[index]));
    focus(deed, held);
  }

  function focus(deed, held) {
    const [kind, path] = deed.split(":");
    const rows = [...form.querySelectorAll("[data-row]")];
    const inside = rows.filter((row) => !path || row.dataset.row.startsWith(`${path}.`));
    if (kind === "add" || kind === "group") inside.at(-1)?.querySelector("select")?.focus();
    else if (held && document.getElementById(held)) document.getElementById(held).focus();
    else if (kind === "remove") rows.at(-1)?.querySelector("select")?.focus();
  }

  form.addEventListener("click", (event) => {
    const button = event.target.closest(`button[name="${CSS.escape(verb)}"]`);
    if (!button) return;
    event.preventDefault();
    clearTimeout(waiting);
    redraw(button.value);
  });
  form.addEventListener("change", (event) => {
    if (!event.target.closest("#builder")) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => redraw("look"), 20);
  });
  // Enter in a field of the builder looks; it never presses a button that removes or saves.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("#builder input")) return;
    event.preventDefault();
    redraw("look");
  });
  // What was chosen before this script had come counts, too; what the browser filled in again after a reload does not.
  const [visit] = performance.getEntriesByType("navigation");
  if (visit?.type !== "reload" && [...form.querySelectorAll("#builder select, #builder input")].some(isTouched)) redraw("look");
}

function isTouched(field) {
  if (!field.matches("select")) return field.type !== "checkbox" && field.value !== field.defaultValue;
  const first = [...field.options].findIndex((option) => option.defaultSelected);
  return field.options.length > 0 && field.selectedIndex !== Math.max(0, first);
}

if (form) begin();
