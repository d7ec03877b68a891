// Lists that filter, sort and turn pages in place. htmx asks for the same page and takes one part of it; where the
// answer is not that page (signed out, refused, broken), the browser goes there instead.

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, pathInfo } = event.detail;
  const asked = new URL(pathInfo.requestPath, location.href);
  const answered = new URL(xhr.responseURL || asked, location.href);
  if (xhr.status < 400 && answered.pathname === asked.pathname) return;
  event.detail.shouldSwap = false;
  event.detail.isError = false;
  location.assign(xhr.status < 400 ? answered : new URL(pathInfo.finalRequestPath, location.href));
});

document.addEventListener("htmx:sendError", () => location.reload());

// Filtering keeps the order that was chosen after the page was loaded.
document.addEventListener("htmx:configRequest", (event) => {
  const sort = new URLSearchParams(location.search).get("sort");
  if (sort && event.detail.elt.matches("form.filters")) event.detail.parameters.set("sort", sort);
});
