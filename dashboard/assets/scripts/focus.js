/* Where the keyboard is: when what has the focus is switched off or taken away, the focus stays near it, and
   goes back to it when it can, rather than fall to the top of the page. What takes the place of another says so
   by the same data-focus-as, and takes its focus. */

(function () {
  "use strict";

  let last = null; // what had the focus last; dialogs give theirs back by themselves
  let around = []; // the parts of the page that it stood in, from the inside out
  let resting = null; // which of them has the focus in its stead

  const isNowhere = (now) => !now || now === document.body || now === resting || now.disabled;
  const isUsable = (place) => Boolean(place) && place.isConnected && !place.disabled;

  function namedAround(element) {
    const parts = [];
    for (let part = element.parentElement; part; part = part.parentElement) if (part.id) parts.push(part);
    return parts;
  }

  function take(place) {
    if (!isUsable(place)) return false;
    if (place.tabIndex < 0 && !place.hasAttribute("tabindex")) place.tabIndex = -1; // else it takes no focus
    resting = around.includes(place) ? place : null;
    place.focus({ preventScroll: true });
    return document.activeElement === place;
  }

  function successor(element) {
    const place = element.dataset.focusAs;
    return place ? document.querySelector(`[data-focus-as="${place}"]`) : document.getElementById(element.id);
  }

  function mend() {
    if (!last || !isNowhere(document.activeElement) || (isUsable(last) && !resting)) return;
    if (!document.hasFocus() || document.querySelector(".modal")) return;
    [last, successor(last), ...around].some(take);
  }

  document.addEventListener("focusin", ({ target }) => {
    if (target === resting || target.closest(".modal")) return;
    [last, around, resting] = [target, namedAround(target), null];
  });

  // Who points elsewhere has left it.
  document.addEventListener("pointerdown", () => { last = resting = null; }, true);

  new MutationObserver(mend).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"],
  });
})();
