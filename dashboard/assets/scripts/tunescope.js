/* What the browser does by itself: title, menu, colour scheme, copying, the grid's cells, lost connections. */

(function () {
  "use strict";

  // Ticks in the table that no callback has seen yet: several may come before the first one runs.
  const ticks = [];
  const noUpdate = () => window.dash_clientside.no_update;
  const byId = (id) => document.getElementById(id);
  const darkness = window.matchMedia("(prefers-color-scheme: dark)");

  /* ---- navigation ---- */

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
    const menu = byId("shell-menu");
    if (menu) menu.setAttribute("aria-expanded", String(isOpen));
    document.documentElement.classList.toggle("menu-open", isOpen);
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest("#shell-menu, .nav a, .brand, [data-copy-address], [data-copy-of], [data-field]");
    if (!target) return;
    if (target.id === "shell-menu") {
      openMenu(target.getAttribute("aria-expanded") !== "true");
    } else if (target.hasAttribute("data-copy-address")) {
      copy(location.href, target);
    } else if (target.dataset.copyOf) {
      copy(byId(target.dataset.copyOf).textContent, target);
    } else if (target.dataset.field) {
      showField(target.dataset.field);
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

  let lastPlace = null, lastPage = null;

  /* ---- large images: the keyboard moves and closes them; tabs say which is open ---- */

  document.addEventListener("keydown", (event) => {
    const box = byId("dataset-large");
    if (!box || event.target.closest("input, textarea, select")) return;
    const named = { Escape: ".large-close", ArrowLeft: ".glyph-back", ArrowRight: ".glyph-next" }[event.key];
    const found = named && box.querySelector(named);
    if (found) found.closest("a, button").click();
  });

  let openBox = null, openTab = null;
  new MutationObserver(() => {
    mendDropdowns();
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
    const box = byId("dataset-large");
    if (box && box !== openBox) box.focus();
    document.documentElement.classList.toggle("has-large", Boolean(box));
    openBox = box;
  }).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["class"] });

  /* ---- dropdowns: Dash puts a hidden field into the order of tabs, and reads their value out without their name ---- */

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

  /* ---- colour scheme ---- */

  darkness.addEventListener("change", (event) => {
    document.documentElement.dataset.bsTheme = event.matches ? "dark" : "light";
    window.dash_clientside.set_props("shell-dark", { data: event.matches });
  });

  /* ---- lost connection, toasts ---- */

  function sayOffline(isOffline) {
    const place = byId("shell-offline");
    if (!place || place.classList.contains("shown") === isOffline) return;
    place.classList.toggle("shown", isOffline);
    place.textContent = isOffline ? "No connection to the dashboard's server. Trying again…" : "";
  }

  const plainFetch = window.fetch;
  const isReachable = () => plainFetch("/healthz", { cache: "no-store" }).then(() => true, () => false);
  let isWaiting = false;

  async function waitForServer() {
    if (isWaiting || (await isReachable())) return;
    isWaiting = true;
    sayOffline(true);
    while (!(await isReachable())) await new Promise((go) => setTimeout(go, 2000));
    isWaiting = false;
    sayOffline(false);
    // Dash does not take up its polls again; a form keeps what was typed.
    const isUploading = window.tunescopeUploads && window.tunescopeUploads.isActive();
    if (location.pathname !== "/new" && !isUploading) location.reload();
  }

  const isCallback = (request) => String(request && request.url || request).includes("_dash-update-component");

  window.fetch = function (...given) {
    return plainFetch.apply(this, given).catch((error) => {
      if (error.name === "AbortError") throw error;
      waitForServer();
      // As one that changes nothing: of one that failed, Dash leaves disabled whatever waited for its answer.
      if (isCallback(given[0])) return new Response(null, { status: 204 });
      throw error;
    });
  };

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

  /* ---- callbacks of the pages ---- */

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    tunescope: {
      arrive(title) {
        if (title) document.title = title;
        markCurrent();
        openMenu(false);
        // Another part of the same page, or another selection in it, keeps its place.
        const place = location.pathname + (new URLSearchParams(location.search).get("tab") || "");
        const page = new URLSearchParams(location.search).get("page");
        if (place !== lastPlace || page !== lastPage) window.scrollTo(0, 0);
        lastPlace = place;
        lastPage = page;
        return noUpdate();
      },
      prefersDark(_, before) {
        watchToasts();
        return before === darkness.matches ? noUpdate() : darkness.matches;
      },
      toggleDialog(...given) {
        const clicked = window.dash_clientside.callback_context.triggered[0];
        if (!clicked || !clicked.value) return noUpdate();
        return clicked.prop_id === given[given.length - 1] + ".n_clicks";
      },
      keepNew(query) {
        if (location.pathname === "/new" && location.search !== query) {
          history.replaceState(history.state, "", "/new" + query);
        }
        return noUpdate();
      },
      showPoint(hovered, clicked, at, points) {
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
      },
      pick(_, __, picked) {
        const asked = window.dash_clientside.callback_context.triggered.map((one) => one.prop_id);
        if (asked.includes("trials-unpick.n_clicks")) return [];
        const next = new Set(picked);
        for (const tick of ticks.splice(0)) next[tick.isPicked ? "add" : "delete"](tick.trial);
        return [...next];
      },
      keepCost(cost) {
        const query = new URLSearchParams(location.search);
        query.set("cost", cost);
        history.replaceState(history.state, "", location.pathname + "?" + query);
        return noUpdate();
      },
      keepTiming(query) {
        if (location.pathname === "/timing" && location.search !== query) {
          history.replaceState(history.state, "", "/timing" + query);
        }
        return noUpdate();
      },
      keepAddress(address) {
        if (location.pathname === address.split("?")[0] && location.pathname + location.search !== address) {
          history.replaceState(history.state, "", address);
        }
        return noUpdate();
      },
      lookAhead() {
        const picture = { type: "Graph", namespace: "dash_core_components", props: {} };
        // Not before the rows are painted, which it would hold up.
        setTimeout(() => window.dash_clientside.set_props("trials-ahead", { children: picture }), 150);
        return noUpdate();
      },
      brush(selected, figures) {
        const asked = window.dash_clientside.callback_context.triggered[0];
        const range = asked && asked.value && asked.value.range;
        const place = range && selected.indexOf(asked.value);
        const figure = range && figures[place];
        const meta = figure && figure.layout.meta;
        if (!meta) return noUpdate();
        const found = meta.places ? brushedPlaces(range, meta.places) : brushedAxes(range, meta.brush || {});
        return found.length ? found : noUpdate();
      },
      keepInAddress(query) {
        const asked = window.dash_clientside.callback_context.triggered.map((one) => one.prop_id);
        if (location.pathname === "/trials" && location.search !== query) {
          history.replaceState(history.state, "", "/trials" + query);
        }
        const api = window.dash_ag_grid && window.dash_ag_grid.getApi("trials-grid");
        if (api) {
          // New rows come in beneath the old ones; another selection begins at its top.
          if (asked.every((one) => one.startsWith("trials-version"))) api.refreshInfiniteCache();
          else api.purgeInfiniteCache();
        }
        return noUpdate();
      },
    },
  });

  /* ---- the grid ---- */

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
})();
