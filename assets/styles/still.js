// The still stands over the page until the page itself does, or says why it can't; then it is gone in one step.
(() => {
  const still = document.getElementById("still");
  const root = document.getElementById("root");
  const drawings = still.querySelectorAll("svg.regions").length;
  const stands = () => root.querySelector("footer.page-foot") && root.querySelectorAll("svg.regions").length >= drawings;
  const refuses = () => root.querySelector(".gate, .error-panel") || document.querySelector("[role='dialog']");

  const leave = () => {
    watch.disconnect();
    const held = still.contains(document.activeElement) && document.activeElement.getAttribute("href");
    const [from, to] = [still, root].map((place) => place.querySelector(".stMain"));
    if (to) to.scrollTop = from.scrollTop;
    still.remove();
    if (held) [...root.querySelectorAll("a")].find((link) => link.getAttribute("href") === held)?.focus({ preventScroll: true });
  };
  const look = () => {
    if (still.isConnected && (stands() || refuses())) requestAnimationFrame(leave);
  };
  const watch = new MutationObserver(look);
  watch.observe(document.body, { childList: true, subtree: true });
})();
