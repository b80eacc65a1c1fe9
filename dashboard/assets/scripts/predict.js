/* Photos for a model, wherever they come from: each is sent by itself and shown with its answer. */

(function () {
  "use strict";

  const PATIENCE = 20; // times that a busy server is asked again
  const FIRST_CLASSES = 5;
  const VIEWS = ["where", "photo", "seen"];
  const { make, glyph, press } = window.tunescopeElements;
  const byId = (id) => document.getElementById(id);
  const sleep = (ms) => new Promise((go) => setTimeout(go, ms));

  let shots = []; // {file, name, state: waiting | asking | done | failed, answer, sentence, card}
  let model = ""; // whom they were given to: its part of the address
  let isAsking = false;

  /* ---- elements ---- */

  function picture(css, source, alt) {
    const image = make("img", css);
    image.src = source;
    image.alt = alt;
    image.draggable = false;
    return image;
  }

  function share(value) {
    if (value > 0 && value < 0.0005) return "<0.1%";
    if (value < 1 && value >= 0.9995) return ">99.9%";
    return (100 * value).toFixed(1) + "%";
  }

  function say(sentence, isFault) {
    const place = byId("photo-message");
    if (!place) return;
    place.textContent = sentence;
    place.classList.toggle("fault", Boolean(isFault));
  }

  /* ---- what comes in ---- */

  function take(files) {
    const bench = byId("photo-bench");
    if (!bench || !files.length) return;
    const most = Number(bench.dataset.most), room = most - shots.length;
    const kept = files.slice(0, Math.max(0, room));
    say(kept.length < files.length
      ? "Only " + most + " photos fit here at once: " + (files.length - kept.length) + " of " + files.length
        + " were left out. Remove some first."
      : "", true);
    for (const file of kept) {
      const shot = { file, name: file.name || "Photo", state: "waiting", answer: null, sentence: "", card: null };
      if (file.size > Number(bench.dataset.bytes)) {
        shot.state = "failed";
        shot.sentence = "This photo has more than " + bench.dataset.size + ": make it smaller.";
        shot.isFinal = true;
      }
      shots.push(shot);
      draw(shot);
    }
    tally();
    askAll();
  }

  /* A source that has none says why. */
  function takeFrom(source) {
    source().then(take, (problem) => say(problem.message, true));
  }

  /* ---- asking: one after the other, for one process answers ---- */

  const addressed = (whom, index) => "/predict/photo?" + whom + (index === undefined ? "" : "&explain=" + index);

  function send(address, file) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open("POST", address);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.responseType = "json";
      request.onload = () => resolve({ status: request.status, body: request.response || {} });
      request.onerror = () => resolve({ status: 0, body: {
        error: "The photo did not reach the server. Is it running, and can the file still be read?" } });
      request.send(file);
    });
  }

  async function asked(address, file) {
    for (let tried = 0; ; tried += 1) {
      const got = await send(address, file);
      if (got.status !== 503 || tried >= PATIENCE) return got;
      await sleep(700);
    }
  }

  async function askAll() {
    if (isAsking) return;
    isAsking = true;
    for (;;) {
      const shot = shots.find((one) => one.state === "waiting");
      if (!shot || !model) break;
      await ask(shot);
    }
    isAsking = false;
  }

  async function ask(shot) {
    const whom = model, begun = performance.now();
    shot.state = "asking";
    draw(shot);
    const got = await asked(addressed(whom), shot.file);
    // Given to another model meanwhile, which will be asked next.
    if (whom !== model) return;
    shot.seconds = (performance.now() - begun) / 1000;
    const isAnswered = got.status === 200 && !got.body.refused;
    shot.state = isAnswered ? "done" : "failed";
    shot.answer = isAnswered ? got.body : null;
    shot.sentence = got.body.refused || got.body.error || "The server did not answer (" + got.status + ").";
    // What another try would not change.
    shot.isFinal = Boolean(got.body.refused) || got.status === 413;
    draw(shot);
    tally();
  }

  async function explain(shot, index, button) {
    const whom = model;
    if (byId("photo-bench").dataset.view !== "where") keepView("where");
    button.classList.add("busy");
    const got = await asked(addressed(whom, index), shot.file);
    if (whom !== model || !shots.includes(shot)) return;
    if (got.status === 200) shot.answer = got.body;
    else say(got.body.error || "The server did not answer.", true);
    const wasOpen = shot.card.querySelector("details")?.open;
    draw(shot);
    if (wasOpen) shot.card.querySelector("details").open = true;
    shot.card.querySelector("[data-class='" + index + "']")?.focus();
  }

  /* ---- one photo and its answer ---- */

  function draw(shot) {
    const gallery = byId("photo-gallery");
    if (!gallery) return;
    const card = { waiting: drawWaiting, asking: drawWaiting, done: drawAnswer, failed: drawFault }[shot.state](shot);
    card.setAttribute("aria-label", shot.name);
    if (shot.card && shot.card.parentElement === gallery) shot.card.replaceWith(card);
    else gallery.append(card);
    shot.card = card;
  }

  function head(shot, title, ...below) {
    const remove = press("button button-quiet photo-remove", "Remove " + shot.name, () => removeShot(shot), glyph("close"));
    return make("div", "photo-head", make("div", "", make("h2", "photo-title", title), ...below), remove);
  }

  function drawWaiting(shot) {
    const isAsking = shot.state === "asking";
    const rows = Array.from({ length: 4 }, () => make("div", "skeleton skeleton-row"));
    const skeleton = make("div", "skeletons skeletons-row", ...rows);
    skeleton.setAttribute("aria-hidden", "true");
    const note = make("p", "muted photo-file", isAsking ? "The model is looking at it…" : "Waiting for its turn");
    return make("article", "photo-card photo-waiting",
      make("div", "photo-picture skeleton"), make("div", "photo-answer", head(shot, shot.name, note), skeleton));
  }

  function drawFault(shot) {
    const again = shot.isFinal ? null
      : press("button button-secondary", "", () => { shot.state = "waiting"; draw(shot); askAll(); },
        glyph("resume"), make("span", "", "Try again"));
    const sentence = make("p", "photo-fault", glyph("failed"), make("span", "", shot.sentence));
    sentence.setAttribute("role", "alert");
    return make("article", "photo-card photo-failed",
      make("div", "photo-picture photo-none", glyph("images")),
      make("div", "photo-answer", head(shot, shot.name), sentence, again));
  }

  function drawAnswer(shot) {
    const answer = shot.answer, [, best, sure] = answer.ranking[0];
    const size = answer.size[0] + " × " + answer.size[1] + " pixels, answered in " + shot.seconds.toFixed(2) + " s";
    const file = make("p", "muted photo-file", make("span", "photo-name", shot.name), make("span", "", size));
    const title = make("span", "", make("strong", "", best), make("span", "photo-sure", share(sure)));
    return make("article", "photo-card",
      pictures(shot),
      make("div", "photo-answer", head(shot, title, file), ...doubts(answer), ...ranking(shot), where(answer), ...notes(answer)));
  }

  function pictures(shot) {
    const answer = shot.answer;
    const shown = picture("photo-shown", answer.photo, shot.name);
    const seen = picture("photo-seen", answer.seen, shot.name + " as the model sees it");
    return make("div", "photo-picture", shown, seen, picture("photo-heat", answer.heat, ""));
  }

  function ranking(shot) {
    const rows = shot.answer.ranking.map((one) => rank(shot, one));
    const first = make("ol", "photo-ranking", ...rows.slice(0, FIRST_CLASSES));
    const rest = rows.slice(FIRST_CLASSES);
    if (!rest.length) return [first];
    const together = shot.answer.ranking.slice(FIRST_CLASSES).reduce((sum, one) => sum + one[2], 0);
    const summary = make("summary", "", glyph("chevron"),
      make("span", "", rest.length === 1 ? "1 more class" : rest.length + " more classes"),
      make("span", "fold-note", share(together) + (rest.length > 1 ? " together" : "")));
    const list = make("ol", "photo-ranking", ...rest);
    list.start = FIRST_CLASSES + 1;
    return [first, make("details", "fold photo-rest", summary, list)];
  }

  function rank(shot, [index, name, value]) {
    const fill = make("span", "share-fill");
    fill.style.width = (100 * value).toFixed(1) + "%";
    const isShown = index === shot.answer.index;
    const button = press("photo-rank", "", () => explain(shot, index, button),
      make("span", "photo-rank-name", name), make("span", "share-bar", fill), make("span", "photo-rank-share", share(value)));
    button.title = "Show what speaks for " + name;
    button.dataset.class = index;
    button.setAttribute("aria-pressed", String(isShown));
    return make("li", "", button);
  }

  function where(answer) {
    const name = answer.ranking.find((one) => one[0] === answer.index)[1];
    if (!answer.is_anywhere) {
      return make("p", "photo-where muted", "No part of it speaks for ", make("strong", "", name), ": covering any changes nothing.");
    }
    const told = answer.method === "Occlusion"
      ? ["Covering the bright parts makes ", make("strong", "", name), " less likely (occlusion)."]
      : ["The bright parts speak for ", make("strong", "", name), " (Grad-CAM)."];
    return make("p", "photo-where muted", make("span", "photo-scale"), ...told);
  }

  const doubts = (answer) => answer.doubts.map((one) =>
    make("p", "photo-doubt", glyph("warning"), make("span", "", one)));
  const notes = (answer) => answer.notes.map((one) => make("p", "photo-note muted", one));

  /* ---- the gallery ---- */

  function tally() {
    const tools = byId("photo-tools"), count = byId("photo-count"), gallery = byId("photo-gallery");
    if (!tools) return;
    tools.classList.toggle("hidden", !shots.length);
    gallery.classList.toggle("photo-gallery-one", shots.length === 1);
    const done = shots.filter((one) => one.state === "done" || one.state === "failed").length;
    remember();
    const noun = shots.length === 1 ? " photo" : " photos";
    count.textContent = done < shots.length ? done + " of " + shots.length + noun + " answered" : shots.length + noun;
  }

  /* How many there are, for a page that is loaded anew and has lost them: photos are kept nowhere. */
  function remember() {
    try { sessionStorage.setItem("photos", String(shots.length)); } catch { /* it may be switched off */ }
  }

  function lost() {
    try { return shots.length ? 0 : Number(sessionStorage.getItem("photos")); } catch { return 0; }
  }

  function removeShot(shot) {
    shots = shots.filter((one) => one !== shot);
    shot.card.remove();
    say("");
    tally();
  }

  function showView(view) {
    const bench = byId("photo-bench");
    const chosen = VIEWS.includes(view) ? view : VIEWS[0];
    bench.dataset.view = chosen;
    bench.querySelectorAll(".photo-view").forEach((one) =>
      one.setAttribute("aria-pressed", String(one.dataset.view === chosen)));
  }

  function keepView(view) {
    window.tunescopeAddress.choose("/predict", { view: view === VIEWS[0] ? "" : view });
    showView(view);
  }

  /* The page comes and goes; photos stay until the tab is closed, and are given to whichever model is chosen. */
  let bench = null;
  new MutationObserver(() => {
    const found = byId("photo-bench");
    if (found === bench) return;
    bench = found;
    if (!bench) return;
    const whom = new URLSearchParams({ study: bench.dataset.study, trial: bench.dataset.trial }).toString();
    if (whom !== model) shots.filter((one) => one.state !== "failed" || !one.isFinal).forEach((one) => { one.state = "waiting"; });
    model = whom;
    showView(new URLSearchParams(location.search).get("view"));
    shots.forEach((one) => { one.card = null; draw(one); });
    const gone = lost();
    if (gone) say("The page was loaded anew, and keeps no photos: choose " + (gone === 1 ? "it" : "them") + " again.");
    tally();
    askAll();
  }).observe(document.documentElement, { childList: true, subtree: true });

  /* ---- events; Dash makes the elements anew, so the document listens ---- */

  const SOURCES = {
    "photo-choose": ({ chosen }) => chosen(),
    "photo-camera": ({ photographed }) => photographed(),
    "photo-paste": ({ pasted }) => pasted(),
    "photo-sample": ({ samples }) =>
      samples(JSON.parse(byId("photo-bench").dataset.samples), new Set(shots.map((one) => one.name))),
  };

  const PRESSED = [...Object.keys(SOURCES).map((id) => "#" + id), "#photo-clear", ".photo-view"].join();

  document.addEventListener("click", (event) => {
    const target = event.target.closest(PRESSED);
    if (!target) return;
    if (target.id in SOURCES) takeFrom(() => SOURCES[target.id](window.tunescopePhotoSources));
    else if (target.id === "photo-clear") [...shots].forEach(removeShot);
    else keepView(target.dataset.view);
  });

  document.addEventListener("paste", (event) => {
    if (!byId("photo-bench") || event.target.closest?.("input, textarea")) return;
    const files = [...event.clipboardData.files];
    if (files.length) {
      event.preventDefault();
      take(files);
    } else {
      say("There is no picture in the clipboard: copy one first.", true);
    }
  });

  const holdsFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  let depth = 0;
  const mark = () => byId("photo-zone")?.firstElementChild.classList.toggle("over", depth > 0);
  document.addEventListener("dragenter", (event) => { if (holdsFiles(event)) { depth += 1; mark(); } });
  document.addEventListener("dragleave", (event) => { if (holdsFiles(event)) { depth = Math.max(0, depth - 1); mark(); } });
  document.addEventListener("dragover", (event) => {
    // Without this the browser would open what is dropped beside the zone, and leave the page.
    if (holdsFiles(event) && byId("photo-bench")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    depth = 0;
    mark();
    if (!holdsFiles(event) || !byId("photo-bench")) return;
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
})();
