/* Where one is: the title, the menu, the tabs. */

(function () {
  "use strict";

  /* ---- menu ---- */

  function isWithin(path, home) {
    if (home === "/") return path === "/" || path.startsWith("/runs/");
    return path === home || path.startsWith(home + "/");
  }

  function markCurrent() {
    document.querySelectorAll(".nav a").forEach((link) => {
      if (isWithin(location.pathname, link.pathname)) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    });
  }

  function openMenu(isOpen) {
    const menu = document.getElementById("shell-menu");
    if (menu) menu.setAttribute("aria-expanded", String(isOpen));
    document.documentElement.classList.toggle("menu-open", isOpen);
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest("#shell-menu, .nav a, .brand");
    if (!target) return;
    if (target.id === "shell-menu") {
      openMenu(target.getAttribute("aria-expanded") !== "true");
    } else if (target.pathname === location.pathname && location.search) {
      // The page keeps its filters in the address by itself, so Dash would see no change here.
      event.preventDefault();
      event.stopPropagation();
      location.assign(target.href);
    }
  }, true);

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") openMenu(false);
  });

  /* ---- tabs ---- */

  let openTab = null;
  new MutationObserver(() => {
    document.querySelectorAll(".tab-link").forEach((tab) => {
      if (tab.classList.contains("tab-current")) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    });
    const current = document.querySelector(".tabs > .tab-current");
    if (current && current !== openTab) {
      // On a phone there are more tabs than fit.
      const row = current.parentElement;
      row.scrollLeft = current.offsetLeft - row.offsetLeft - (row.clientWidth - current.clientWidth) / 2;
    }
    openTab = current;
  }).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["class"] });

  /* ---- another page, or another part of one ---- */

  let lastPlace = null, lastPage = null;

  function arrive(title) {
    if (title) document.title = title;
    markCurrent();
    openMenu(false);
    // Another part of the same page, or another selection in it, keeps its place.
    const place = location.pathname + (new URLSearchParams(location.search).get("tab") || "");
    const page = new URLSearchParams(location.search).get("page");
    if (place !== lastPlace || page !== lastPage) window.scrollTo(0, 0);
    lastPlace = place;
    lastPage = page;
    return window.dash_clientside.no_update;
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, { navigation: { arrive } });
})();
