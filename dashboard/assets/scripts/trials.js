/* The page of trials: its grid, what is picked in it, and boxes drawn on its charts. */

(function () {
  "use strict";

  const noUpdate = () => window.dash_clientside.no_update;
  const asked = () => window.dash_clientside.callback_context.triggered.map((one) => one.prop_id);

  /* ---- the grid ---- */

  // Ticks that no callback has seen yet: several may come before the first one runs.
  const ticks = [];
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  const element = (...given) => window.React.createElement(...given);

  cells.TrialLink = (cell) => {
    if (!cell.data) return element("span", { className: "skeleton skeleton-cell" });
    // The number first: in a narrow column it is what must not be cut off.
    return element(window.dash_core_components.Link, { href: cell.data.href, className: "link", title: cell.data.study },
      cell.data.number, element("span", { className: "muted" }, " " + cell.data.study));
  };

  cells.StateBadge = (cell) => {
    if (!cell.data) return null;
    const known = {
      COMPLETE: ["Complete", "finished"], FAIL: ["Failed", "failed"], PRUNED: ["Pruned", "pruned"],
      RUNNING: ["Running", "running"], INTERRUPTED: ["Interrupted", "interrupted"],
    };
    const [label, symbol] = known[cell.data.state] || [cell.data.state, "info"];
    return element("span", { className: "badge-state state-" + symbol },
      element("i", { className: "glyph glyph-" + symbol, "aria-hidden": "true" }), element("span", null, label));
  };

  cells.Pick = (cell) => {
    const [isPicked, pick] = window.React.useState(Boolean(cell.data && cell.data.picked));
    if (!cell.data) return null;
    return element("input", {
      type: "checkbox",
      className: "form-check-input pick",
      checked: isPicked,
      "aria-label": "Compare trial " + cell.data.number + " of " + cell.data.study,
      onChange: (event) => {
        pick(event.target.checked);
        cell.data.picked = event.target.checked;
        ticks.push({ trial: Number(cell.data.id), isPicked: event.target.checked });
        window.dash_clientside.set_props("trials-ticked", { data: performance.now() });
      },
    });
  };

  functions.tunescopeGridTheme = (theme) => theme.withParams({
    accentColor: "var(--accent)",
    backgroundColor: "var(--surface)",
    foregroundColor: "var(--ink)",
    borderColor: "var(--line)",
    headerBackgroundColor: "var(--surface-2)",
    headerTextColor: "var(--ink-2)",
    rowHoverColor: "var(--hover)",
    headerFontWeight: 600,
    headerFontSize: 12.5,
    fontSize: 13.5,
    fontFamily: "inherit",
    cellHorizontalPadding: 12,
    wrapperBorderRadius: 10,
    borderRadius: 6,
    menuBackgroundColor: "var(--surface)",
    inputBackgroundColor: "var(--surface)",
    inputBorder: "1px solid var(--line-2)",
    chromeBackgroundColor: "var(--surface-2)",
    browserColorScheme: "inherit",
  });

  function pick(_, __, picked) {
    if (asked().includes("trials-unpick.n_clicks")) return [];
    const next = new Set(picked);
    for (const tick of ticks.splice(0)) next[tick.isPicked ? "add" : "delete"](tick.trial);
    return [...next];
  }

  function keep(query) {
    window.tunescopeAddress.show("/trials" + query);
    const api = window.dash_ag_grid && window.dash_ag_grid.getApi("trials-grid");
    if (api) {
      // New rows come in beneath the old ones; another selection begins at its top.
      if (asked().every((one) => one.startsWith("trials-version"))) api.refreshInfiniteCache();
      else api.purgeInfiniteCache();
    }
    return noUpdate();
  }

  /* ---- charts ---- */

  function keepCost(cost) {
    window.tunescopeAddress.choose("/trials", { cost });
    return noUpdate();
  }

  function lookAhead() {
    const picture = { type: "Graph", namespace: "dash_core_components", props: {} };
    // Not before the rows are painted, which it would hold up.
    setTimeout(() => window.dash_clientside.set_props("trials-ahead", { children: picture }), 150);
    return noUpdate();
  }

  /* ---- brushing: a box on a plot becomes ranges of the fields that its axes stand for ---- */

  const ordered = (pair) => [Math.min(...pair), Math.max(...pair)];

  function brushedAxes(range, axes) {
    return Object.entries(range).filter(([axis]) => axes[axis]).map(([axis, pair]) => {
      const about = axes[axis], [low, high] = ordered(pair.map(Number));
      return about.values || "low" in about ? brushedPlace(about, low, high)
        : { field: about.field, ranges: [[low, high]] };
    }).filter(Boolean);
  }

  // On such an axis the lowest value stands at 0 and the highest at 1.
  function brushedPlace(about, bottom, top) {
    if (top < 0 || bottom > 1) return null;
    if (about.values) {
      const inside = about.values.filter(([height]) => height >= bottom && height <= top);
      return inside.length ? { field: about.field, values: inside.map(([, value]) => value) } : null;
    }
    const at = (height) => about.log
      ? about.low * Math.pow(about.high / about.low, height)
      : about.low + height * (about.high - about.low);
    return { field: about.field, ranges: [ordered([at(Math.max(0, bottom)), at(Math.min(1, top))])] };
  }

  function brushedPlaces(range, places) {
    const [left, right] = ordered(range.x.map(Number)), [bottom, top] = ordered(range.y.map(Number));
    return places.map((about, index) => index < left || index > right ? null : brushedPlace(about, bottom, top))
      .filter(Boolean);
  }

  function brush(selected, figures) {
    const [drawn] = window.dash_clientside.callback_context.triggered;
    const range = drawn && drawn.value && drawn.value.range;
    const figure = range && figures[selected.indexOf(drawn.value)];
    const meta = figure && figure.layout.meta;
    if (!meta) return noUpdate();
    const found = meta.places ? brushedPlaces(range, meta.places) : brushedAxes(range, meta.brush || {});
    return found.length ? found : noUpdate();
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    trials: { pick, keep, keepCost, lookAhead, brush },
  });
})();
