/* What every page has: the way to a fault, copying, popovers, dialogs, toasts, light and dark. */

(function () {
  "use strict";

  const noUpdate = () => window.dash_clientside.no_update;
  const byId = (id) => document.getElementById(id);
  const darkness = window.matchMedia("(prefers-color-scheme: dark)");

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-copy-address], [data-copy-of], [data-field]");
    if (!target) return;
    if (target.hasAttribute("data-copy-address")) copy(location.href, target);
    else if (target.dataset.copyOf) copy(byId(target.dataset.copyOf).textContent, target);
    else showField(target.dataset.field);
  }, true);

  /* ---- forms: the way from a fault to its field, which may be folded away ---- */

  function showField(key) {
    // The ids of Dash are JSON with sorted keys. A hyperparameter has several controls, whose keys begin alike.
    const places = [...document.querySelectorAll(".field")];
    const place = places.find((one) => [...one.querySelectorAll(".field-fault")].some((fault) => {
      return fault.id.startsWith("{") && JSON.parse(fault.id).key === key;
    }));
    if (!place) return;
    for (let part = place; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
    place.scrollIntoView({ block: "center" });
    const control = place.querySelector("input, select, textarea, button");
    if (control) control.focus({ preventScroll: true });
  }

  /* Why nothing was started may stand where nobody looks. */
  function showProblem(problem) {
    if (problem) setTimeout(() => byId("new-problem")?.scrollIntoView({ block: "nearest" }));
    return noUpdate();
  }

  /* ---- copying ---- */

  function copy(text, button) {
    const label = button.querySelector("span");
    const done = (word) => {
      const before = button.dataset.label || label.textContent;
      button.dataset.label = before;
      label.textContent = word;
      setTimeout(() => { label.textContent = before; }, 1600);
    };
    if (navigator.clipboard) {
      navigator.clipboard.writeText(text).then(() => done("Copied"), () => done("Not allowed"));
    } else {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      done(document.execCommand("copy") ? "Copied" : "Not allowed");
      area.remove();
    }
  }

  /* ---- popovers: one at a time, closed by Escape and from outside ---- */

  const openPopovers = () => [...document.querySelectorAll(".popover-fold[open]")];

  document.addEventListener("pointerdown", ({ target }) => {
    // Dash draws the options of a dropdown at the end of the page.
    if (target.closest(".dash-dropdown-content")) return;
    openPopovers().filter((one) => !one.contains(target)).forEach((one) => { one.open = false; });
  }, true);

  document.addEventListener("keydown", (event) => {
    const popover = event.key === "Escape" && !event.defaultPrevented && event.target.closest(".popover-fold[open]");
    if (!popover) return;
    popover.open = false;
    popover.querySelector("summary").focus();
  });

  /* ---- light and dark ---- */

  darkness.addEventListener("change", (event) => {
    document.documentElement.dataset.bsTheme = event.matches ? "dark" : "light";
    window.dash_clientside.set_props("shell-dark", { data: event.matches });
  });

  function prefersDark(_, before) {
    watchToasts();
    return before === darkness.matches ? noUpdate() : darkness.matches;
  }

  /* ---- toasts and dialogs ---- */

  function watchToasts() {
    const place = byId("shell-toasts");
    if (!place || place.dataset.watched) return;
    place.dataset.watched = "yes";
    new MutationObserver(() => {
      place.classList.remove("shown");
      void place.offsetWidth; // so that the animation begins anew
      place.classList.add("shown");
    }).observe(place, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-at"] });
  }

  function toggleDialog(...given) {
    const clicked = window.dash_clientside.callback_context.triggered[0];
    if (!clicked || !clicked.value) return noUpdate();
    return clicked.prop_id === given[given.length - 1] + ".n_clicks";
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, { shell: { prefersDark, toggleDialog, showProblem } });
})();
