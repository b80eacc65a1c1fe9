// The traces that our figures draw; `core` brings `scatter`.
const Plotly = require("plotly.js/lib/core");
Plotly.register([require("plotly.js/lib/bar"), require("plotly.js/lib/heatmap"), require("plotly.js/lib/scattergl")]);
module.exports = Plotly;
