/* The cards of photos: one that waits, one with its answer, one that could not be answered. */

(function () {
  "use strict";

  const FIRST_CLASSES = 5;
  const { make, glyph, press } = window.tunescopeElements;

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

  function head(shot, hands, title, ...below) {
    const remove = press("button button-quiet photo-remove", "Remove " + shot.name, () => hands.remove(shot), glyph("close"));
    return make("div", "photo-head", make("div", "", make("h2", "photo-title", title), ...below), remove);
  }

  function drawWaiting(shot, hands) {
    const isAsking = shot.state === "asking";
    const rows = Array.from({ length: 4 }, () => make("div", "skeleton skeleton-row"));
    const skeleton = make("div", "skeletons skeletons-row", ...rows);
    skeleton.setAttribute("aria-hidden", "true");
    const note = make("p", "muted photo-file", isAsking ? "The model is looking at it…" : "Waiting for its turn");
    return make("article", "photo-card photo-waiting",
      make("div", "photo-picture skeleton"), make("div", "photo-answer", head(shot, hands, shot.name, note), skeleton));
  }

  function drawFault(shot, hands) {
    const again = shot.isFinal ? null
      : press("button button-secondary", "", () => hands.retry(shot),
        glyph("resume"), make("span", "", "Try again"));
    const sentence = make("p", "photo-fault", glyph("failed"), make("span", "", shot.sentence));
    sentence.setAttribute("role", "alert");
    return make("article", "photo-card photo-failed",
      make("div", "photo-picture photo-none", glyph("images")),
      make("div", "photo-answer", head(shot, hands, shot.name), sentence, again));
  }

  function drawAnswer(shot, hands) {
    const answer = shot.answer, [, best, sure] = answer.ranking[0];
    const size = answer.size[0] + " × " + answer.size[1] + " pixels, answered in " + shot.seconds.toFixed(2) + " s";
    const file = make("p", "muted photo-file", make("span", "photo-name", shot.name), make("span", "", size));
    const title = make("span", "", make("strong", "", best), make("span", "photo-sure", share(sure)));
    return make("article", "photo-card",
      pictures(shot),
      make("div", "photo-answer", head(shot, hands, title, file), ...doubts(answer), ...ranking(shot, hands), where(answer), ...notes(answer)));
  }

  function pictures(shot) {
    const answer = shot.answer;
    const shown = picture("photo-shown", answer.photo, shot.name);
    const seen = picture("photo-seen", answer.seen, shot.name + " as the model sees it");
    return make("div", "photo-picture", shown, seen, picture("photo-heat", answer.heat, ""));
  }

  function ranking(shot, hands) {
    const rows = shot.answer.ranking.map((one) => rank(shot, hands, one));
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

  function rank(shot, hands, [index, name, value]) {
    const fill = make("span", "share-fill");
    fill.style.width = (100 * value).toFixed(1) + "%";
    const isShown = index === shot.answer.index;
    const button = press("photo-rank", "", () => hands.explain(shot, index, button),
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

  const KINDS = { waiting: drawWaiting, asking: drawWaiting, done: drawAnswer, failed: drawFault };

  /* The card of a shot: {name, state: waiting | asking | done | failed, answer, sentence, isFinal, seconds}. What its
     buttons do is in `hands`: remove(shot), retry(shot), explain(shot, index, button). */
  function drawn(shot, hands) {
    const card = KINDS[shot.state](shot, hands);
    card.setAttribute("aria-label", shot.name);
    return card;
  }

  window.tunescopePhotoCards = { drawn };
})();
