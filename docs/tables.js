// A table that is wider than the page can be scrolled by the arrow keys, too, once it can be focused.
document$.subscribe(() => {
  for (const wide of document.querySelectorAll(".md-typeset__scrollwrap")) wide.tabIndex = 0;
});
