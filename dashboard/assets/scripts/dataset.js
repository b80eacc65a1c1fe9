/* The page of a dataset: large images, which the keyboard moves and closes, and its map. */

(function () {
  "use strict";

  const noUpdate = () => window.dash_clientside.no_update;
  const byId = (id) => document.getElementById(id);

  /* ---- large images ---- */

  document.addEventListener("keydown", (event) => {
    const box = byId("dataset-large");
    if (!box || event.target.closest("input, textarea, select")) return;
    const named = { Escape: ".large-close", ArrowLeft: ".glyph-back", ArrowRight: ".glyph-next" }[event.key];
    const found = named && box.querySelector(named);
    if (found) found.closest("a, button").click();
  });

  let openBox = null;
  new MutationObserver(() => {
    const box = byId("dataset-large");
    if (box && box !== openBox) box.focus();
    document.documentElement.classList.toggle("has-large", Boolean(box));
    openBox = box;
  }).observe(document.documentElement, { childList: true, subtree: true });

  /* ---- the map: what is pointed at is shown beside it ---- */

  function showPoint(hovered, clicked, at, points) {
    const isClick = window.dash_clientside.callback_context.triggered.some((one) => one.prop_id.endsWith("clickData"));
    const event = isClick ? clicked : hovered;
    const point = event && event.points && event.points[0];
    const known = point && points && points[String(point.customdata)];
    const image = byId("map-image"), text = byId("map-text"), side = byId("map-picture");
    // A click keeps its image until the next one.
    if (!known || !image || (!isClick && side.dataset.kept)) return noUpdate();
    if (isClick) side.dataset.kept = "yes";
    const [path, label, split] = known;
    const query = new URLSearchParams(at[1]);
    const fingerprint = side.dataset.fingerprint;
    image.src = "/thumbnails/" + encodeURIComponent(fingerprint) + "/" + point.customdata + ".png";
    image.alt = path;
    image.classList.remove("hidden");
    query.set("tab", "images");
    query.set("image", path);
    query.delete("colour");
    const link = document.createElement("a");
    link.href = location.pathname + "?" + query;
    link.className = "link path";
    link.textContent = path;
    const name = document.createElement("strong");
    name.textContent = label;
    text.replaceChildren(name, " " + split, document.createElement("br"), link);
    return noUpdate();
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, { dataset: { showPoint } });
})();
