// Choosing one of many by typing. The page holds a <select>; here it becomes a text field with a list, and the
// select, hidden, keeps the value that the form sends.
import { Listbox } from "./listbox.js";

const SHOWN = 50;

function option(choice, list) {
  const item = document.createElement("div");
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  item.dataset.value = choice.value;
  const name = document.createElement("span");
  name.className = "truncate";
  name.textContent = choice.text;
  item.append(name);
  if (choice.dataset.note) {
    const note = document.createElement("span");
    note.className = "muted tiny";
    note.textContent = choice.dataset.note;
    item.append(note);
  }
  list.append(item);
}

function enhance(select) {
  const box = document.createElement("div");
  box.className = "combo";
  const input = document.createElement("input");
  const list = document.createElement("div");
  list.className = "listbox";
  list.id = `${select.id}-list`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", document.querySelector(`label[for="${select.id}"]`)?.textContent.trim() ?? "");
  list.hidden = true;
  input.className = "input";
  input.type = "text";
  input.autocomplete = "off";
  input.id = select.id;
  input.placeholder = select.dataset.placeholder ?? "";
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": list.id,
  })) input.setAttribute(name, value);
  for (const name of ["aria-describedby", "aria-invalid", "required"]) {
    if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
  }
  select.id = `${select.id}-value`;
  select.hidden = true;
  select.required = false;
  select.before(box);
  box.append(input, list, select);
  const listbox = new Listbox(input, list);

  // Where the select holds only some of many, what is typed and not chosen goes to the server, which finds it.
  const other = select.dataset.find ? select.form?.elements[select.dataset.find] : null;
  if (other) other.hidden = true;

  const shown = () => (select.value ? select.selectedOptions[0].text : "");
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    listbox.select(null);
  };
  const open = (text) => {
    const wanted = text.trim().toLocaleLowerCase();
    const choices = [...select.options].filter((choice) => choice.value);
    const found = choices.filter((choice) => choice.text.toLocaleLowerCase().includes(wanted)).slice(0, SHOWN);
    list.replaceChildren();
    for (const choice of found) option(choice, list);
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    listbox.select(wanted ? listbox.options[0] : null);
  };
  const choose = (value) => {
    select.value = value;
    input.value = shown();
    if (other) other.value = "";
    select.dispatchEvent(new Event("change", { bubbles: true }));
    close();
  };

  input.value = other?.value || shown();
  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => open(""));
  input.addEventListener("input", () => {
    if (!input.value) select.value = "";
    if (other) other.value = input.value;
    open(input.value);
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden && event.key === "ArrowDown") return open("");
    if (listbox.key(event)) return;
    if (event.key === "Enter" && !list.hidden && listbox.current) {
      event.preventDefault();
      choose(listbox.current.dataset.value);
    } else if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      event.preventDefault();
      close();
    }
  });
  input.addEventListener("blur", () => {
    input.value = other?.value || shown();
    close();
  });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const item = event.target.closest('[role="option"]');
    if (item) choose(item.dataset.value);
  });
}

export function enhanceAll(root) {
  for (const select of root.querySelectorAll("select[data-combobox]:not([hidden])")) enhance(select);
}

enhanceAll(document);
document.addEventListener("htmx:load", (event) => enhanceAll(event.target));
