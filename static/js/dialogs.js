// A link or button with data-dialog opens the <dialog> of that id; without scripts the link leads to the page
// that asks the same. A form with data-dialog-form is fetched into the dialog's place by htmx.

function open(dialog, opener) {
  dialog.showModal();
  dialog.addEventListener("close", () => opener?.focus(), { once: true });
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (!dialog) return;
    event.preventDefault();
    open(dialog, opener);
    return;
  }
  const closer = event.target.closest("[data-dialog-close]");
  if (closer) {
    const dialog = closer.closest("dialog");
    if (!dialog) return;
    event.preventDefault();
    dialog.close();
    return;
  }
  if (event.target instanceof HTMLDialogElement && event.target.matches(":modal")) event.target.close();
});

// Typing a name to confirm: the button wakes when the words are the same.
document.addEventListener("input", (event) => {
  const expected = event.target.dataset?.confirm;
  if (expected === undefined) return;
  const button = event.target.form?.querySelector("[data-confirmed]");
  if (button) button.disabled = event.target.value.trim() !== expected;
});

// A drawer is part of the page's address; Escape follows its closing link.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog:modal, :popover-open")) return;
  document.querySelector(".drawer[open] [data-drawer-close]")?.click();
});
