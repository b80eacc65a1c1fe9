/* The page of a run: predictions by epoch, and its log. */

(function () {
  "use strict";

  const noUpdate = () => window.dash_clientside.no_update;
  const byId = (id) => document.getElementById(id);
  const asked = () => window.dash_clientside.callback_context.triggered.map((one) => one.prop_id);
  const part = (type, props, ...children) => ({
    type, namespace: "dash_html_components", props: { ...props, children: children.length > 1 ? children : children[0] },
  });
  const percent = (share) => (100 * share).toFixed(share > 0.995 || share < 0.0995 ? 1 : 0).replace(/\.0$/, "") + "%";

  /* ---- predictions of the watched images, epoch by epoch ---- */

  const PLAY_MS = 450;
  let isFollowing = true, shownTrial = null, player = null;

  function stop() {
    clearInterval(player);
    player = null;
  }

  function play(last) {
    stop();
    let at = 0;
    player = setInterval(() => {
      if (!byId("run-epoch")) return stop();
      at += 1;
      window.dash_clientside.set_props("run-epoch", { value: at });
      if (at >= last) stop();
    }, PLAY_MS);
  }

  function tile(watched, image, answer) {
    const [row, label] = image, [predicted, probability] = answer;
    const isRight = predicted === label, truth = watched.classes[label], said = watched.classes[predicted];
    const mark = part("I", { className: "glyph glyph-" + (isRight ? "finished" : "close"), "aria-hidden": "true" });
    const verdict = part("Span", { className: "visually-hidden" }, isRight ? "right" : "wrong: ");
    const words = isRight ? verdict : part("Span", { className: "watched-truth", title: truth }, verdict, "it is " + truth);
    return part("Figure", { className: "watched " + (isRight ? "is-right" : "is-wrong"), key: String(row) },
      part("Img", { src: watched.pictures.replace("ROW", row), alt: truth, width: 72, height: 72 }),
      part("Figcaption", {},
        part("Span", { className: "watched-said", title: said }, mark, part("Span", {}, said)),
        part("Span", { className: "watched-share" }, percent(probability)),
        words));
  }

  function lost() {
    const text = "The prepared images are gone: prepare the dataset again, or resume the run, to see them.";
    return part("P", { className: "watched-lost" }, text);
  }

  function watch(watched, value, first, earlier, later, playing, chosen) {
    const here = asked(), hidden = [null, noUpdate(), noUpdate(), ""];
    window.tunescopeAddress.choose("/runs/", { watch: chosen === "auto" ? "" : chosen });
    if (!watched || !watched.epochs || !watched.epochs.length) return hidden;
    if (!watched.images.length) return [lost(), ...hidden.slice(1)];
    const last = watched.epochs.length;
    if (watched.trial !== shownTrial) {
      isFollowing = !(here.length && here.every((one) => one === "run-epoch.value"));
      shownTrial = watched.trial;
      if (first && isFollowing) { value = watched.epochs.indexOf(Number(first)) + 1 || last; isFollowing = value === last; }
      stop();
    }
    const by = { "run-epoch-earlier.n_clicks": -1, "run-epoch-later.n_clicks": 1 };
    const step = here.map((one) => by[one]).find(Boolean);
    if (here.includes("run-epoch-play.n_clicks")) {
      play(last);
      value = 1;
    } else if (step) {
      stop();
      value = Number(value) + step;
    }
    if (here.includes("run-watched.data") && isFollowing && !player) value = last;
    value = Math.min(last, Math.max(1, Number(value) || last));
    isFollowing = value === last && !player;
    window.tunescopeAddress.choose("/runs/", { epoch: isFollowing || player ? "" : watched.epochs[value - 1] });
    const answers = watched.answers[value - 1];
    const right = answers.filter(([predicted], index) => predicted === watched.images[index][1]).length;
    const accuracy = watched.accuracies[value - 1];
    const text = "Epoch " + watched.epochs[value - 1] + " of " + watched.of + ": " + right + " of " + answers.length +
      " right" + (accuracy === null ? "" : "; " + percent(accuracy) + " of all validation images");
    const tiles = watched.images.map((image, index) => tile(watched, image, answers[index]));
    return [tiles, last, value, text];
  }

  /* ---- the log: the browser has its lines, and is sent those that are new ---- */

  const MOST_LINES = 3000;
  const LEVELS = { all: null, warning: /\b(WARNING|ERROR|CRITICAL)\b/, error: /\b(ERROR|CRITICAL|Traceback)\b/ };
  let lines = [], place = null;

  function lineOf(text) {
    const level = (text.match(/\b(WARNING|ERROR|CRITICAL)\b/) || [""])[0].toLowerCase();
    const line = document.createElement("span");
    line.className = "log-line" + (level ? " log-" + level : "");
    line.textContent = text + "\n";
    return line;
  }

  function passes(text, words, level) {
    return (!level || level.test(text)) && words.every((word) => text.toLowerCase().includes(word));
  }

  function log(news, words, level) {
    const box = byId("run-log-lines");
    if (!box) return noUpdate();
    const isNews = news && news.text && asked().some((one) => one.startsWith("run-log-news"));
    if (place !== box) { place = box; lines = []; }
    if (news && (isNews || !lines.length) && news.text) {
      if (news.start) lines = [];
      lines.push(...news.text.replace(/\n$/, "").split("\n"));
      lines = lines.slice(-MOST_LINES);
    }
    window.tunescopeAddress.choose("/runs/", { log: words || "", level: level === "all" ? "" : level });
    const wanted = (words || "").toLowerCase().split(/\s+/).filter(Boolean);
    const shown = lines.filter((text) => passes(text, wanted, LEVELS[level]));
    const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 30 || !box.childElementCount;
    box.replaceChildren(...shown.map(lineOf));
    if (isAtEnd || !isNews) box.scrollTop = box.scrollHeight;
    if (!lines.length) return "Nothing has been written yet.";
    const isNarrowed = wanted.length || LEVELS[level];
    return isNarrowed ? shown.length + " of the last " + lines.length + " lines" : "";
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, { run: { watch, log } });
})();
