// Rows chosen in a list: "all on this page", a range with Shift, and how many there are.

const rows = (scope) => [...scope.querySelectorAll(".row-check")];

function tell(scope) {
  const all = rows(scope);
  const chosen = all.filter((box) => box.checked).length;
  const head = scope.querySelector("[data-select-all]");
  if (head) {
    head.checked = chosen > 0 && chosen === all.length;
    head.indeterminate = chosen > 0 && chosen < all.length;
  }
  for (const count of scope.querySelectorAll("[data-selected-count]")) count.textContent = String(chosen);
}

let last = null;

document.addEventListener("click", (event) => {
  const box = event.target.closest(".row-check, [data-select-all]");
  const scope = box?.closest("[data-selection]");
  if (box && scope) {
    const all = rows(scope);
    if (box.matches("[data-select-all]")) {
      for (const each of all) each.checked = box.checked;
    } else if (event.shiftKey && last && all.includes(last)) {
      const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
      for (const each of all.slice(from, to + 1)) each.checked = box.checked;
    }
    if (box.matches(".row-check")) last = box;
    tell(scope);
    return;
  }
  const clear = event.target.closest("[data-select-none]");
  if (clear) {
    const around = clear.closest("[data-selection]");
    for (const each of rows(around)) each.checked = false;
    tell(around);
  }
});

for (const scope of document.querySelectorAll("[data-selection]")) tell(scope);
