// What is shown once, and addresses: copying and printing them. Without scripts, selecting works.

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const lines = [...document.getElementById(button.dataset.copy).querySelectorAll("code")];
    await navigator.clipboard.writeText(lines.map((line) => line.textContent).join("\n"));
    const label = button.querySelector("[data-copied]");
    label.textContent = label.dataset.copied;
  });
}
