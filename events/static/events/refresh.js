// Asks for what changes every two seconds while somebody is looking: elements with data-refresh and an hx-get of theirs.
(() => {
  const refresh = () => {
    if (document.hidden || !window.htmx) return;
    for (const element of document.querySelectorAll("[data-refresh]")) htmx.trigger(element, "refresh");
  };
  setInterval(refresh, 2000);
  document.addEventListener("visibilitychange", refresh);
})();
