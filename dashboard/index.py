"""The HTML around the app."""

INDEX = """<!DOCTYPE html>
<html lang="en">
    <head>
        {%metas%}
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{%title%}</title>
        {%favicon%}
        <link rel="icon" href="/assets/favicon.svg" type="image/svg+xml">
        <script>
            // Before the first paint, so that a dark screen never flashes white.
            document.documentElement.dataset.bsTheme =
                matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
            // The traces that we draw alone, which load in a third of the time that Dash's plotly.js takes.
            Object.defineProperty(window, "_dashPlotlyJSURL", {
                get: () => "/assets/plotly/plotly.min.js?v=4.1.1",
                set() {},
            });
            // The page of trials waits for the grid: the browser fetches that beside everything else.
            if (location.pathname === "/trials") {
                const src = "/_dash-component-suites/dash_ag_grid/async-community.js";
                document.head.append(Object.assign(document.createElement("script"), { src, async: true }));
            }
        </script>
        {%css%}
    </head>
    <body>
        {%app_entry%}
        <noscript>Tunescope needs JavaScript.</noscript>
        <footer>
            {%config%}
            {%scripts%}
            {%renderer%}
        </footer>
    </body>
</html>
"""
