// Lists that filter, sort and turn pages in place. htmx asks for the same page and takes one part of it; where the
// answer is not that page (signed out, refused, broken), the browser goes there instead. Parts that come later (figures,
// counts) only stay away where their answer fails: the page stands without them.

const comesLater = (element) => element.matches(".later, #count-later");
const giveUp = (event) => {
  event.detail.shouldSwap = false;
  event.detail.isError = false;
  event.detail.elt.classList.add("missing");
};

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, pathInfo } = event.detail;
  const asked = new URL(pathInfo.requestPath, location.href);
  const answered = new URL(xhr.responseURL || asked, location.href);
  if (xhr.status < 400 && answered.pathname === asked.pathname) return;
  if (comesLater(event.detail.elt)) {
    giveUp(event);
    return;
  }
  event.detail.shouldSwap = false;
  event.detail.isError = false;
  location.assign(xhr.status < 400 ? answered : new URL(pathInfo.finalRequestPath, location.href));
});

document.addEventListener("htmx:sendError", (event) => {
  if (comesLater(event.detail.elt)) giveUp(event);
  else location.reload();
});

// Filtering keeps the order that was chosen after the page was loaded.
document.addEventListener("htmx:configRequest", (event) => {
  const sort = new URLSearchParams(location.search).get("sort");
  if (sort && event.detail.elt.matches("form.filters")) event.detail.parameters.set("sort", sort);
});
