/* Photos for a model, wherever they come from: each is sent by itself and shown with its answer. */

(function () {
  "use strict";

  const PATIENCE = 20; // times that a busy server is asked again
  const VIEWS = ["where", "photo", "seen"];
  const { drawn } = window.tunescopePhotoCards;
  const byId = (id) => document.getElementById(id);
  const sleep = (ms) => new Promise((go) => setTimeout(go, ms));

  let shots = []; // {file, name, state: waiting | asking | done | failed, answer, sentence, card}
  let model = ""; // whom they were given to: its part of the address
  let isAsking = false;

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

  function retry(shot) {
    shot.state = "waiting";
    draw(shot);
    askAll();
  }

  /* ---- the gallery ---- */

  function draw(shot) {
    const gallery = byId("photo-gallery");
    if (!gallery) return;
    const card = drawn(shot, { remove, retry, explain });
    if (shot.card && shot.card.parentElement === gallery) shot.card.replaceWith(card);
    else gallery.append(card);
    shot.card = card;
  }

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

  function remove(shot) {
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
    else if (target.id === "photo-clear") [...shots].forEach(remove);
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
