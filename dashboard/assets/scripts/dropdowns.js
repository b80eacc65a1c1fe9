/* Dropdowns: Dash puts a hidden field into the order of tabs, and reads their value out without their name. */

(function () {
  "use strict";

  function mendDropdowns() {
    document.querySelectorAll('.dash-dropdown-focus-target[tabindex="0"]').forEach((hidden) => {
      const button = hidden.nextElementSibling;
      hidden.tabIndex = -1;
      button.tabIndex = 0;
      const around = button.closest("label, .filter");
      const name = around && around.querySelector(".field-label, .filter-label");
      const read = button.getAttribute("aria-labelledby") || "";
      if (!name || read.includes("-name ")) return;
      name.id = button.id + "-name";
      button.setAttribute("aria-labelledby", name.id + " " + read);
    });
  }

  // Losing the focus, Dash restores that order.
  document.addEventListener("focusout", () => setTimeout(mendDropdowns));
  new MutationObserver(mendDropdowns).observe(document.documentElement, { childList: true, subtree: true });
})();
