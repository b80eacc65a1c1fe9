/* The address keeps what is chosen on a page, so that a link, a reload and the way back show the same. What comes
   after another page has been opened is dropped. */

(function () {
  "use strict";

  function show(address) {
    const isOpen = location.pathname === address.split("?")[0];
    if (isOpen && location.pathname + location.search !== address) history.replaceState(history.state, "", address);
  }

  /* Put values into the address of a page that begins with `home`; empty ones are taken out of it. */
  function choose(home, values) {
    if (!location.pathname.startsWith(home)) return;
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(values)) {
      if (value) query.set(name, value);
      else query.delete(name);
    }
    show(location.pathname + (query.size ? "?" + query : ""));
  }

  /* What `<page>-query` holds: the query of `/<page>`, or an address with its query. */
  function keep(query) {
    const [{ prop_id: source }] = window.dash_clientside.callback_context.triggered;
    show(query.startsWith("/") ? query : "/" + source.split("-query.")[0] + query);
    return window.dash_clientside.no_update;
  }

  window.tunescopeAddress = { show, choose };
  window.dash_clientside = Object.assign({}, window.dash_clientside, { address: { keep } });
})();
