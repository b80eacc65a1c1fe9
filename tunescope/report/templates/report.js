"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const figures = read("figures");
  const config = read("config");
  const darkPage = matchMedia("(prefers-color-scheme: dark)");
  const plots = [...document.querySelectorAll("[data-figure]")];

  // Figures do not follow the width of paper by themselves; this one fits A4 and Letter.
  const PAPER = 620;

  const draw = (plot, dark, width) => {
    const { data, layout } = figures[plot.dataset.figure][dark ? "dark" : "light"];
    plot.replaceChildren(...[...plot.children].filter((child) => child.tagName !== "NOSCRIPT"));
    return Plotly.react(plot, data, { ...layout, width }, config);
  };
  const drawAll = (dark, width) => Promise.all(plots.map((plot) => draw(plot, dark, width)));

  // Text is measured when it is drawn, so the font must be there.
  document.fonts.ready.then(() => drawAll(darkPage.matches));
  darkPage.addEventListener("change", (page) => drawAll(page.matches));
  // Paper is white whatever the screen is.
  addEventListener("beforeprint", () => drawAll(false, PAPER));
  addEventListener("afterprint", () => drawAll(darkPage.matches));
})();
