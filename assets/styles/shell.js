// Runs before Streamlit: hands it the theme of the address, and makes plain links and menus behave like an app.
(() => {
  const root = document.documentElement;
  const key = `stActiveTheme-${window.location.pathname}-v2`;
  try {
    window.localStorage.setItem(key, JSON.stringify(window.streamlitTheme));
  } catch (error) {
    // Storage is blocked: Streamlit then follows the system's theme.
  }

  // A link inside the app changes page, region or period without loading everything again.
  // Another theme needs a fresh load, since Streamlit reads its theme only at the start.
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[href^='./']");
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target === "_blank") return;
    const address = new URL(link.href);
    if (address.origin !== window.location.origin) return;
    if ((address.searchParams.get("theme") || "light") !== root.dataset.theme) return;
    event.preventDefault();
    window.history.pushState({}, "", address);
    window.dispatchEvent(new PopStateEvent("popstate", { state: {} }));
    window.scrollTo(0, 0);
  });

  // Going back to an address with the other theme.
  window.addEventListener("popstate", () => {
    const wanted = new URLSearchParams(window.location.search).get("theme") || "light";
    if (["light", "dark"].includes(wanted) && wanted !== root.dataset.theme) window.location.reload();
  });

  // Menus close on a click elsewhere and on Escape.
  const closeMenus = (keep) => {
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (menu !== keep) menu.open = false;
    });
  };
  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest && event.target.closest("details.menu"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeMenus(null);
  });
})();
