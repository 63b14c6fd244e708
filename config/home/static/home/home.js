// Asks for fresh figures every two seconds while somebody is looking; says so when no answer comes.
(() => {
  const figures = document.getElementById("figures");
  const refresh = () => {
    if (!document.hidden) htmx.trigger(figures, "refresh");
  };
  setInterval(refresh, 2000);
  document.addEventListener("visibilitychange", refresh);

  const unreachable = () => {
    const state = figures.querySelector(".state");
    if (!state || figures.classList.contains("stale")) return;
    figures.classList.add("stale");
    state.className = "state late";
    state.lastChild.textContent = figures.dataset.unreachable;
  };
  for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    figures.addEventListener(failure, unreachable);
  }
  figures.addEventListener("htmx:afterSwap", () => figures.classList.remove("stale"));
})();
