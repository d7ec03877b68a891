// Toasts close by their button. They never leave by themselves: nobody should have to race a message.

document.addEventListener("click", (event) => {
  event.target.closest("[data-toast-close]")?.closest("[data-toast]")?.remove();
});
