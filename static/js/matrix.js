// The matrix of a role while somebody ticks: what a tick implies shows at once, and how many edits there are.
// The server draws the same from the same facts when the draft is previewed.
const table = document.querySelector("[data-matrix]");

function begin() {
  const legend = document.querySelector("[data-matrix-legend]");
  const words = JSON.parse(legend.dataset.words);
  const inputs = [...table.querySelectorAll('input[name="action"]')];
  const inherited = [...table.querySelectorAll("[data-key]")];
  const count = document.querySelector("[data-matrix-count]");
  const implies = new Map();
  for (const input of inputs) implies.set(input.value, list(input.dataset.implies));
  for (const link of inherited) implies.set(link.dataset.key, list(link.dataset.implies));

  function list(text) {
    return text ? text.split(" ") : [];
  }

  // Map each permission that is held only by implication to the one that implies it.
  function implied() {
    const held = new Set(inherited.map((link) => link.dataset.key));
    for (const input of inputs) if (input.checked) held.add(input.value);
    const by = new Map();
    const queue = [...held].sort();
    while (queue.length) {
      const source = queue.shift();
      for (const target of implies.get(source) ?? []) {
        if (held.has(target) || by.has(target)) continue;
        by.set(target, source);
        queue.push(target);
      }
    }
    return by;
  }

  function draw(input, by) {
    const label = input.closest(".perm");
    const source = input.checked ? undefined : by.get(input.value);
    const state = input.checked ? "granted" : source ? "implied" : "none";
    const was = label.dataset.was;
    const change = was === "none" && state !== "none" ? "add" : was !== "none" && state === "none" ? "del" : "";
    input.disabled = state === "implied";
    label.className = `perm ${state} ${change}`.trim();
    const mark = legend.querySelector(`[data-mark="${change === "del" ? "granted" : state}"] svg`).cloneNode(true);
    label.querySelector("svg").replaceWith(mark);
    const from = source ? `${words.by} ${name(source)}` : "";
    const word = from || (state === "granted" || change === "del" ? words.granted : words.none);
    const named = Boolean(label.closest(".perm-more"));
    label.querySelector("span").textContent = named ? [input.dataset.label, from].filter(Boolean).join(": ") : word;
    input.setAttribute("aria-label", `${input.value}: ${from || words[state]}`);
  }

  function name(key) {
    return table.querySelector(`input[value="${CSS.escape(key)}"]`)?.dataset.label ?? key;
  }

  function tell() {
    const edits = inputs.filter((input) => input.checked !== (input.closest(".perm").dataset.was === "granted")).length;
    if (edits) count.textContent = edits === 1 ? count.dataset.one : count.dataset.many.replace("{n}", String(edits));
  }

  function redraw() {
    const by = implied();
    for (const input of inputs) draw(input, by);
  }

  table.addEventListener("change", (event) => {
    if (event.target.name !== "action") return;
    redraw();
    tell();
  });
  // Whoever ticked before this was loaded sees it too. What the server drew it has previewed itself.
  redraw();
  if (inputs.some((input) => input.checked !== input.defaultChecked)) tell();
}

if (table) begin();
