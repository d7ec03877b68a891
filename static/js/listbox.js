// Moving through the options of a listbox while the focus stays in its input (ARIA combobox pattern).

export class Listbox {
  constructor(input, list) {
    this.input = input;
    this.list = list;
  }

  get options() {
    return [...this.list.querySelectorAll('[role="option"]:not([aria-disabled="true"])')];
  }

  get current() {
    return this.list.querySelector('[role="option"][aria-selected="true"]');
  }

  select(option) {
    for (const each of this.options) {
      each.setAttribute("aria-selected", String(each === option));
      each.id ||= `${this.list.id}-${this.options.indexOf(each)}`;
    }
    if (option) {
      this.input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      this.input.removeAttribute("aria-activedescendant");
    }
  }

  move(step) {
    const all = this.options;
    if (!all.length) return;
    const at = all.indexOf(this.current) + step;
    this.select(all[(at + all.length) % all.length]);
  }

  // Returns whether the key was one of ours.
  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return false;
    event.preventDefault();
    this.move(step);
    return true;
  }
}
