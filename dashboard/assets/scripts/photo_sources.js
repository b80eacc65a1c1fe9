/* Where photos come from: files, the clipboard, the camera, the images of a validation split. Each gives a
   promise of files, or an error with a sentence for people. */

(function () {
  "use strict";

  const SAMPLES = 3;
  const { make, glyph, press } = window.tunescopeElements;
  let taken = 0;

  /* Files that a person chooses; on a phone also from its camera. Who chooses none is waited for in vain. */
  function chosen(isCamera) {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = "image/*";
    if (isCamera) input.setAttribute("capture", "environment");
    else input.multiple = true;
    return new Promise((give) => {
      input.addEventListener("change", () => give([...input.files]));
      input.click();
    });
  }

  async function pasted() {
    let items;
    try {
      items = await navigator.clipboard.read();
    } catch (error) {
      throw new Error("This browser does not let the page look into the clipboard: press Ctrl+V (or ⌘V) instead.");
    }
    const files = [];
    for (const item of items) {
      const type = item.types.find((one) => one.startsWith("image/"));
      if (type) files.push(new File([await item.getType(type)], "Pasted photo", { type }));
    }
    if (!files.length) throw new Error("There is no picture in the clipboard: copy one first.");
    return files;
  }

  /* A few of the images that are on offer, at random, without those whose names are known already. */
  async function samples(offered, known) {
    const files = [], left = offered.filter((one) => !known.has(one.name));
    while (left.length && files.length < SAMPLES) {
      const [{ address, name }] = left.splice(Math.floor(Math.random() * left.length), 1);
      const answer = await fetch(address).catch(() => null);
      if (!answer || !answer.ok) break;
      files.push(new File([await answer.blob()], name, { type: "image/png" }));
    }
    if (!files.length)
      throw new Error("No more validation images can be had: some may have been deleted. Choose photos of your own.");
    return files;
  }

  /* ---- the camera: phones have a better one of their own ---- */

  async function photographed() {
    if (matchMedia("(pointer: coarse)").matches) return chosen(true);
    if (!navigator.mediaDevices)
      throw new Error("Browsers give the camera to pages over HTTPS or of this machine only: choose a photo instead.");
    return pictureOf(await stream());
  }

  async function stream() {
    try {
      return await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1920 }, height: { ideal: 1080 } } });
    } catch (error) {
      throw new Error(error.name === "NotAllowedError"
        ? "The browser does not let this page use the camera: allow it beside the address, or choose a photo."
        : "No camera was found that is free: choose a photo instead.");
    }
  }

  /* Shows what the camera sees until a person takes it or closes that, by Escape too. */
  function pictureOf(seen) {
    const video = make("video", "camera-video");
    Object.assign(video, { srcObject: seen, autoplay: true, muted: true, playsInline: true });
    const box = make("dialog", "camera");
    box.setAttribute("aria-label", "Take a photo");
    box.addEventListener("close", () => {
      seen.getTracks().forEach((track) => track.stop());
      box.remove();
    });
    return new Promise((give) => {
      const shoot = press("button button-primary", "", () => {
        if (!video.videoWidth) return;
        capture(video).then((file) => give([file]));
        box.close();
      }, glyph("camera"), make("span", "", "Take it"));
      const cancel = press("button button-secondary", "", () => box.close(), glyph("close"), make("span", "", "Cancel"));
      box.append(video, make("div", "camera-actions", cancel, shoot));
      document.body.append(box);
      box.showModal();
      shoot.focus();
    });
  }

  function capture(video) {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
    canvas.getContext("2d").drawImage(video, 0, 0);
    taken += 1;
    const name = "Camera " + taken;
    return new Promise((give) =>
      canvas.toBlob((blob) => give(new File([blob], name, { type: "image/jpeg" })), "image/jpeg", 0.95));
  }

  window.tunescopePhotoSources = { chosen, pasted, samples, photographed };
})();
