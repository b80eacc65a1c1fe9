/* What happens while the dashboard's server cannot be reached. */

(function () {
  "use strict";

  const byId = (id) => document.getElementById(id);

  function sayOffline(isOffline) {
    const place = byId("shell-offline");
    if (!place || place.classList.contains("shown") === isOffline) return;
    place.classList.toggle("shown", isOffline);
    place.textContent = isOffline ? "No connection to the dashboard's server. Trying again…" : "";
  }

  const plainFetch = window.fetch;
  const isReachable = () => plainFetch("/healthz", { cache: "no-store" }).then(() => true, () => false);
  let isWaiting = false;

  async function waitForServer() {
    if (isWaiting || (await isReachable())) return;
    isWaiting = true;
    sayOffline(true);
    while (!(await isReachable())) await new Promise((go) => setTimeout(go, 2000));
    isWaiting = false;
    sayOffline(false);
    // Dash does not take up its polls again; a form keeps what was typed.
    const isUploading = window.tunescopeUploads && window.tunescopeUploads.isActive();
    if (location.pathname !== "/new" && !isUploading) location.reload();
  }

  const isCallback = (request) => String(request && request.url || request).includes("_dash-update-component");

  window.fetch = function (...given) {
    return plainFetch.apply(this, given).catch((error) => {
      if (error.name === "AbortError") throw error;
      waitForServer();
      // As one that changes nothing: of one that failed, Dash leaves disabled whatever waited for its answer.
      if (isCallback(given[0])) return new Response(null, { status: 204 });
      throw error;
    });
  };
})();
