/* Uploads: archives in pieces, folders in handfuls of files; both go on after a broken connection. */

(function () {
  "use strict";

  const PIECE = 8 * 1024 * 1024;
  const HANDFUL_BYTES = 4 * 1024 * 1024;
  const HANDFUL_FILES = 100;
  const POOL = 3;
  const TRIES = 9;
  const { make } = window.tunescopeElements;
  const byId = (id) => document.getElementById(id);
  const sleep = (ms) => new Promise((go) => setTimeout(go, ms));

  let job = null; // the one upload of this page
  const isActive = () => Boolean(job) && !job.ended;
  window.tunescopeUploads = { isActive };

  class Refused extends Error {
    constructor(status, answer) {
      super((answer && answer.error) || "The server did not take this upload (" + status + ").");
      this.status = status;
      this.answer = answer || {};
    }
  }
  class Broken extends Error {}

  /* ---- requests ---- */

  function send(method, address, body, onProgress, type) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(method, address);
      if (type) request.setRequestHeader("Content-Type", type);
      request.responseType = "text";
      if (onProgress) request.upload.onprogress = (event) => onProgress(event.loaded);
      request.onload = () => {
        let answer = null;
        try { answer = request.response ? JSON.parse(request.response) : null; } catch (error) { /* no JSON */ }
        if (request.status >= 200 && request.status < 300) resolve(answer);
        else if ([500, 502, 503, 504].includes(request.status)) reject(new Broken("status " + request.status));
        else reject(new Refused(request.status, answer));
      };
      request.onerror = () => reject(new Broken("no answer"));
      request.onabort = () => reject(new Broken("aborted"));
      if (job) {
        job.requests.add(request);
        request.onloadend = () => job && job.requests.delete(request);
      }
      request.send(body === undefined ? null : body);
    });
  }

  const sendJson = (address, content) =>
    send("POST", address, JSON.stringify(content), null, "application/json");

  /* Tries again, each time after a longer pause; `again` learns from the server how far it came. */
  async function patiently(mine, attempt) {
    for (let tried = 0; ; tried += 1) {
      if (mine.ended) throw new Broken("ended");
      try {
        const answer = await attempt(tried);
        mine.trouble = "";
        return answer;
      } catch (error) {
        if (!(error instanceof Broken) || mine.ended) throw error;
        if (tried >= TRIES) {
          throw new Error("The connection to the server broke and did not come back. What has arrived is kept: "
            + "choose the same file or folder again to go on.");
        }
        mine.trouble = "The connection broke; trying again…";
        show();
        await sleep(Math.min(20000, 500 * 2 ** tried));
      }
    }
  }

  /* ---- one file ---- */

  async function sendFile(mine) {
    const file = mine.files[0].file;
    while (mine.received < file.size) {
      const piece = file.slice(mine.received, mine.received + PIECE);
      await patiently(mine, async (tried) => {
        if (tried) {
          await readable(piece.slice(0, 1));
          mine.received = (await send("GET", mine.address)).received;
          return;
        }
        const from = mine.received;
        try {
          const address = mine.address + "?offset=" + from;
          const answer = await send("PUT", address, piece, (sent) => { mine.sending = sent; }, "application/octet-stream");
          mine.received = answer.received;
        } catch (error) {
          if (!(error instanceof Refused) || error.status !== 409) throw error;
          mine.received = error.answer.received;
        }
      });
      mine.sending = 0;
    }
  }

  async function readable(part) {
    try {
      return await part.arrayBuffer();
    } catch (error) {
      throw new Error("The browser cannot read the file any more: it was changed, moved or removed. Choose it again.");
    }
  }

  /* ---- a folder ---- */

  async function sendFolder(mine, have) {
    const left = mine.files.filter((one) => have[one.path] !== one.file.size);
    const handfuls = [];
    let current = [], bytes = 0;
    for (const one of left) {
      if (current.length && (bytes + one.file.size > HANDFUL_BYTES || current.length >= HANDFUL_FILES)) {
        handfuls.push(current);
        current = [];
        bytes = 0;
      }
      current.push(one);
      bytes += one.file.size;
    }
    if (current.length) handfuls.push(current);
    const worker = async () => {
      while (handfuls.length) await sendHandful(mine, handfuls.shift());
    };
    await Promise.all(Array.from({ length: POOL }, worker));
  }

  async function sendHandful(mine, handful) {
    const form = new FormData();
    form.append("paths", JSON.stringify(handful.map((one) => one.path)));
    for (const one of handful) form.append("file", new Blob([await readable(one.file)]), "file");
    const answer = await patiently(mine, () => send("POST", mine.address + "/files", form));
    mine.received = Math.max(mine.received, answer.received);
  }

  /* ---- the whole of it ---- */

  async function upload(kind, name, files) {
    if (isActive()) return;
    const size = files.reduce((sum, one) => sum + one.file.size, 0);
    const latest = files.reduce((at, one) => Math.max(at, one.file.lastModified || 0), 0);
    job = { kind, name, files, size, received: 0, sending: 0, requests: new Set(), ended: false,
            trouble: "", sentence: "", marks: [], stage: "sending" };
    const mine = job;
    try {
      const about = { kind, name, size, stamp: latest + "/" + files.length };
      const begun = await patiently(mine, () => sendJson("/uploads", about));
      mine.address = "/uploads/" + begun.id;
      mine.received = begun.received;
      mine.resumed = begun.received > 0;
      const timer = setInterval(show, 200);
      try {
        show();
        if (kind === "file") await sendFile(mine);
        else await sendFolder(mine, begun.have || {});
        mine.stage = "checking";
        show();
        const done = await patiently(mine, () => sendJson(mine.address + "/finish", {}));
        mine.ended = true;
        arrive(done.source);
      } finally {
        clearInterval(timer);
      }
    } catch (error) {
      if (mine.ended) return;
      mine.ended = true;
      mine.requests.forEach((request) => request.abort());
      mine.sentence = error.message;
      show();
    }
  }

  function arrive(source) {
    // A whole page load: polls that a broken connection ended begin anew.
    if (location.pathname === "/datasets") location.assign("/datasets?prepare=" + encodeURIComponent(source));
  }

  async function cancel() {
    const mine = job;
    if (!mine) return;
    mine.ended = true;
    mine.requests.forEach((request) => request.abort());
    job = null;
    show();
    if (mine.address) await send("DELETE", mine.address).catch(() => {});
  }

  /* ---- what is seen of it ---- */

  function amount(bytes) {
    for (const unit of ["B", "kB", "MB"]) {
      if (bytes < 1000) return bytes.toFixed(unit === "MB" && bytes < 10 ? 1 : 0) + " " + unit;
      bytes /= 1000;
    }
    return bytes.toFixed(2) + " GB";
  }

  function span(seconds) {
    if (seconds < 60) return Math.max(1, Math.round(seconds)) + " s";
    if (seconds < 3600) return Math.floor(seconds / 60) + " min " + Math.round(seconds % 60) + " s";
    return Math.floor(seconds / 3600) + " h " + Math.round((seconds % 3600) / 60) + " min";
  }

  /* Bytes a second over the last five seconds, so that a pause shows. */
  function speed(mine, sent) {
    const now = performance.now() / 1000;
    mine.marks.push([now, sent]);
    while (mine.marks.length > 2 && now - mine.marks[0][0] > 5) mine.marks.shift();
    const [at, before] = mine.marks[0];
    return now - at > 0.3 ? Math.max(0, sent - before) / (now - at) : null;
  }

  function show() {
    const place = byId("upload-progress");
    if (!place) return;
    if (!job) {
      place.replaceChildren();
      return;
    }
    if (job.sentence) {
      showFailure(place);
      return;
    }
    let bar = place.querySelector(".upload");
    if (!bar) {
      bar = make("div", "upload");
      const head = make("div", "upload-head");
      head.append(make("strong", "upload-name"), make("span", "upload-text meter-text"));
      const track = make("div", "meter-bar");
      track.setAttribute("role", "progressbar");
      track.setAttribute("aria-valuemin", "0");
      track.setAttribute("aria-valuemax", "100");
      track.append(make("div", "meter-fill state-running"));
      const stop = make("button", "button button-secondary upload-cancel", "Cancel");
      stop.type = "button";
      const foot = make("div", "upload-foot");
      foot.append(make("span", "upload-trouble"), stop);
      bar.append(head, track, foot);
      place.replaceChildren(bar);
    }
    const sent = Math.min(job.size, job.received + job.sending);
    const share = job.size ? sent / job.size : 0;
    const rate = speed(job, sent);
    const left = rate ? ", " + span((job.size - sent) / rate) + " left" : "";
    const line = job.stage === "checking"
      ? amount(job.size) + ", looking inside…"
      : amount(sent) + " of " + amount(job.size) + (rate ? ", " + amount(rate) + "/s" : "") + left;
    bar.querySelector(".upload-name").textContent = job.name;
    bar.querySelector(".upload-text").textContent = line;
    bar.querySelector(".meter-fill").style.width = (100 * share).toFixed(1) + "%";
    bar.querySelector(".upload-trouble").textContent =
      job.trouble || (job.resumed ? "Goes on where it stopped." : "");
    const track = bar.querySelector(".meter-bar");
    track.setAttribute("aria-label", "Upload of " + job.name);
    track.setAttribute("aria-valuenow", (100 * share).toFixed(0));
    track.setAttribute("aria-valuetext", line);
  }

  function showFailure(place) {
    const notice = make("div", "notice notice-danger");
    notice.setAttribute("role", "alert");
    const body = document.createElement("div");
    body.append(make("strong", "", "Not uploaded"));
    const sentence = make("span", "notice-text");
    job.sentence.split("`").forEach((part, index) => {
      sentence.append(index % 2 ? make("code", "", part) : document.createTextNode(part));
    });
    body.append(sentence);
    notice.append(make("i", "glyph glyph-failed"), body);
    place.replaceChildren(notice);
  }

  /* ---- a file of corrections, small enough to be read here ---- */

  function chooseCorrections() {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = ".csv,text/csv";
    input.addEventListener("change", async () => {
      // Nothing but text of this length is looked at; the server says so.
      const text = await input.files[0].slice(0, 65 * 1024 * 1024).text();
      window.dash_clientside.set_props("label-csv", { data: null });
      window.dash_clientside.set_props("label-csv", { data: text });
    });
    input.click();
  }

  /* ---- choosing ---- */

  function choose(isFolder) {
    const input = document.createElement("input");
    input.type = "file";
    input.webkitdirectory = isFolder;
    input.addEventListener("change", () => {
      const chosen = [...input.files];
      if (!chosen.length) return;
      if (isFolder) take(chosen.map((file) => ({ path: file.webkitRelativePath || file.name, file })), true);
      else take(chosen.map((file) => ({ path: file.name, file })), false);
    });
    input.click();
  }

  /* A single file is sent as it is; all else as a folder, whose own name is no part of the paths. */
  function take(found, isFolder) {
    if (!found.length) {
      job = { sentence: "There is no file in what you dropped.", ended: true };
      show();
      return;
    }
    if (found.length === 1 && !isFolder) {
      upload("file", found[0].file.name, found);
      return;
    }
    const top = found[0].path.split("/")[0];
    const isOne = found.every((one) => one.path.startsWith(top + "/"));
    const name = isOne ? top : "images";
    upload("folder", name, found.map((one) => ({ ...one, path: isOne ? one.path.slice(top.length + 1) : one.path })));
  }

  async function listed(entry, above, found) {
    const path = above + entry.name;
    if (entry.isFile) {
      found.push({ path, file: await new Promise((go, fail) => entry.file(go, fail)) });
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      // A reader gives a hundred entries at a time, and none when it has given all.
      const some = await new Promise((go, fail) => reader.readEntries(go, fail));
      if (!some.length) return;
      for (const one of some) await listed(one, path + "/", found);
    }
  }

  async function drop(transfer) {
    // The list of items is gone once this function waits for anything.
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry());
    const plain = [...transfer.files];
    const found = [];
    try {
      for (const entry of entries) if (entry) await listed(entry, "", found);
    } catch (error) {
      job = { sentence: "The browser could not read what you dropped: choose it with the buttons instead.", ended: true };
      show();
      return;
    }
    if (!found.length) plain.forEach((file) => found.push({ path: file.name, file }));
    take(found, entries.some((entry) => entry && entry.isDirectory));
  }

  /* ---- events; Dash makes the elements anew, so the document listens ---- */

  document.addEventListener("click", (event) => {
    const target = event.target.closest("#upload-file, #upload-folder, #label-file, .upload-cancel");
    if (!target) return;
    if (target.id === "upload-file") choose(false);
    else if (target.id === "upload-folder") choose(true);
    else if (target.id === "label-file") chooseCorrections();
    else cancel();
  });

  const holdsFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  let depth = 0;
  const mark = () => {
    const zone = byId("upload-zone");
    if (zone) zone.classList.toggle("over", depth > 0);
  };
  document.addEventListener("dragenter", (event) => { if (holdsFiles(event)) { depth += 1; mark(); } });
  document.addEventListener("dragleave", (event) => { if (holdsFiles(event)) { depth = Math.max(0, depth - 1); mark(); } });
  document.addEventListener("dragover", (event) => {
    // Without this the browser would open what is dropped beside the zone, and leave the page.
    if (holdsFiles(event) && byId("upload-zone")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    depth = 0;
    mark();
    if (!holdsFiles(event) || !byId("upload-zone")) return;
    event.preventDefault();
    if (!isActive()) drop(event.dataTransfer);
  });
})();
