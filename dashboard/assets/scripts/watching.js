/* What the browser does on its own clock: slower polls in the background, notices of runs that ended,
   empty places for lost pictures. */

(function () {
  "use strict";

  const { make, glyph } = window.tunescopeElements;
  const SLOWER_IN_BACKGROUND = 10, LOOK_MS = 1000, STATES_MS = 5000;
  const pace = () => (document.hidden ? SLOWER_IN_BACKGROUND : 1);

  /* ---- polls: held by their `max_intervals`, which no page uses, and asked by hand while they are held ---- */

  const held = new Map();

  function intervals(part, found) {
    if (Array.isArray(part)) part.forEach((one) => intervals(one, found));
    else if (part && part.props) {
      if (part.type === "Interval") found.push(part.props);
      intervals(part.props.children, found);
    }
    return found;
  }

  function polls() {
    const api = window.dash_component_api;
    return intervals(api && api.getLayout("shell-page"), []);
  }

  function ask(poll, others) {
    window.dash_clientside.set_props(poll.id, { ...others, n_intervals: (poll.n_intervals || 0) + 1 });
  }

  function holdPolls() {
    for (const poll of polls()) {
      const name = JSON.stringify(poll.id), now = Date.now();
      if (poll.max_intervals !== 0) {
        window.dash_clientside.set_props(poll.id, { max_intervals: 0 });
        held.set(name, now);
      } else if (!poll.disabled && now - held.get(name) >= SLOWER_IN_BACKGROUND * poll.interval) {
        held.set(name, now);
        ask(poll);
      }
    }
  }

  function releasePolls() {
    held.clear();
    for (const poll of polls().filter((one) => one.max_intervals === 0)) {
      if (poll.disabled) window.dash_clientside.set_props(poll.id, { max_intervals: -1 });
      else ask(poll, { max_intervals: -1 });
    }
  }

  /* ---- runs that end while one looks at another page ---- */

  const MOST_SHOWN = 3, SHOWN_MS = 20000;
  const ENDS = {
    finished: ["good", "finished", "has finished"],
    failed: ["danger", "failed", "has failed"],
    interrupted: ["warning", "interrupted", "was interrupted"],
  };
  let before = null, tag = "", askedAt = 0, more = 0;
  const place = () => document.getElementById("shell-ends");
  const addressOf = (run) => "/runs/" + encodeURIComponent(run);

  function go(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    window.dash_clientside.set_props("shell-url", { pathname: event.currentTarget.pathname, search: "" });
  }

  function linkTo(path, text) {
    const link = make("a", "link", text);
    link.href = path;
    link.addEventListener("click", go);
    return link;
  }

  function dismiss(shown) {
    const hadFocus = shown.contains(document.activeElement);
    shown.remove();
    const next = place().querySelector(".end-close");
    if (!next) sayMore(0);
    if (hadFocus) (next || document.getElementById("shell-page")).focus();
  }

  function sayMore(amount) {
    more = amount;
    let line = place().querySelector(".ends-more");
    if (!more) return line && line.remove();
    if (!line) place().append((line = make("p", "ends-more")));
    line.replaceChildren(linkTo("/", more === 1 ? "1 more run has ended" : more + " more runs have ended"));
  }

  function announce(run, state) {
    const [kind, symbol, words] = ENDS[state];
    const close = make("button", "end-close", glyph("close"));
    close.type = "button";
    close.setAttribute("aria-label", "Dismiss");
    const text = make("div", "", make("strong", "", run + " " + words), linkTo(addressOf(run), "Open the run"));
    const shown = make("div", "end", make("div", "notice notice-" + kind, glyph(symbol), text, close));
    close.addEventListener("click", () => dismiss(shown));
    text.querySelector("a").addEventListener("click", () => dismiss(shown));
    shown.addEventListener("keydown", (event) => { if (event.key === "Escape") dismiss(shown); });
    shown.secondsLeft = SHOWN_MS / LOOK_MS;
    place().insertBefore(shown, place().querySelector(".ends-more"));
    const all = place().querySelectorAll(".end");
    if (all.length > MOST_SHOWN) {
      all[0].remove();
      sayMore(more + 1);
    }
  }

  // Only while somebody can see it, and does not hold the pointer or the focus on it.
  function age(shown) {
    if (document.hidden || shown.matches(":hover, :focus-within")) return;
    if (--shown.secondsLeft <= 0) dismiss(shown);
  }

  function compare(states) {
    for (const [run, state] of Object.entries(before ? states : {})) {
      const isNews = state in ENDS && before[run] !== state && !(before[run] in ENDS);
      if (isNews && location.pathname !== addressOf(run)) announce(run, state);
    }
    before = states;
  }

  async function askForStates() {
    askedAt = Date.now();
    try {
      const answer = await fetch("/states", { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store" });
      if (answer.status !== 200) return;
      tag = answer.headers.get("ETag") || "";
      compare(await answer.json());
    } catch {
      // The script that watches the connection says so.
    }
  }

  /* ---- pictures whose file is gone leave their place empty, without the browser's sign for it ---- */

  document.addEventListener("error", (event) => {
    if (event.target instanceof HTMLImageElement) event.target.classList.add("image-gone");
  }, true);

  document.addEventListener("load", (event) => {
    if (event.target instanceof HTMLImageElement) event.target.classList.remove("image-gone");
  }, true);

  /* ---- the clock ---- */

  function look() {
    if (document.hidden) holdPolls();
    if (!place()) return;
    place().querySelectorAll(".end").forEach(age);
    if (Date.now() - askedAt >= STATES_MS * pace()) askForStates();
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) {
      releasePolls();
      askedAt = 0;
    }
    look();
  });
  setInterval(look, LOOK_MS);
})();
