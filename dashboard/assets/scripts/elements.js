/* Elements that scripts make by themselves, the parts that pages have from the server. */

(function () {
  "use strict";

  /* An element with classes and a content; what is missing of that is left out. */
  function make(tag, css, ...content) {
    const element = document.createElement(tag);
    element.className = css;
    element.append(...content.filter((one) => one !== null && one !== undefined));
    return element;
  }

  function glyph(name) {
    const icon = make("i", "glyph glyph-" + name);
    icon.setAttribute("aria-hidden", "true");
    return icon;
  }

  /* A button; its label is read out where the content alone would not say enough. */
  function press(css, label, work, ...content) {
    const button = make("button", css, ...content);
    button.type = "button";
    if (label) button.setAttribute("aria-label", label);
    button.addEventListener("click", work);
    return button;
  }

  window.tunescopeElements = { make, glyph, press };
})();
