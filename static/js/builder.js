// The builder of conditions without leaving the page: what its buttons and fields would post is posted in the
// background, and the draft as the server answers it takes the place of this one. The focus stays where it was.

const form = document.querySelector("form[data-builder]");

function begin() {
  const verb = form.querySelector("[data-redraw]").dataset.redraw;
  let waiting = null;
  let asked = 0;

  async function redraw(deed) {
    const body = new FormData(form);
    body.set(verb, deed);
    const turn = ++asked;
    const answer = await fetch(location.href, { method: "POST", body, headers: { "X-Requested-With": "builder" } });
    if (turn !== asked) return;
    if (answer.redirected || answer.status >= 400) return location.reload();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("#rule-draft");
    if (!fresh) return location.reload();
    const held = document.activeElement?.id;
    const folds = [...form.querySelectorAll("details[open] > summary")].map((summary) => summary.id);
    keep(fresh);
    form.querySelector("#rule-draft").replaceWith(fresh);
    for (const id of folds) if (id) document.getElementById(id)?.parentElement.setAttribute("open", "");
    document.dispatchEvent(new CustomEvent("builder:drawn", { detail: fresh }));
    focus(deed, held);
  }

  // What somebody typed meanwhile, outside of the builder, stays.
  function keep(fresh) {
    for (const field of form.querySelectorAll("#what input, #what textarea")) {
      const twin = field.id && fresh.querySelector(`#${CSS.escape(field.id)}`);
      if (twin && field.type !== "hidden") twin.value = field.value;
    }
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
  // Enter in a field of the builder looks; it never presses the first button, which removes or saves.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("#builder input")) return;
    event.preventDefault();
    redraw("look");
  });
}

if (form) begin();
