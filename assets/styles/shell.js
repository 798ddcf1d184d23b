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
    if (!link || event.defaultPrevented || event.button !== 0 || link.closest("#still")) return; // nothing to tell yet
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target === "_blank") return;
    const address = new URL(link.getAttribute("href"), document.baseURI); // an SVG's link has no href in letters
    if (address.origin !== window.location.origin) return;
    if ((address.searchParams.get("theme") || "light") !== root.dataset.theme) return;
    event.preventDefault();
    window.history.pushState({}, "", address);
    window.dispatchEvent(new PopStateEvent("popstate", { state: {} }));
    window.scrollTo(0, 0);
  });

  // The sign-in leads back to the start: from there to the page that was asked for, in its language and theme.
  const start = window.location;
  try {
    const wanted = window.sessionStorage.getItem("wanted");
    if (wanted && start.pathname === "/" && !start.search) {
      window.sessionStorage.removeItem("wanted");
      if (new URL(wanted).origin === start.origin && wanted !== start.href) start.replace(wanted);
    }
    document.addEventListener("click", (event) => {
      if (event.target.closest && event.target.closest(".st-key-sign-in button")) window.sessionStorage.setItem("wanted", start.href);
    }, true);
  } catch (error) {
    // Storage is blocked: a sign-in then leads to the start.
  }

  // Going back to an address with the other theme.
  window.addEventListener("popstate", () => {
    const wanted = new URLSearchParams(window.location.search).get("theme") || "light";
    if (["light", "dark"].includes(wanted) && wanted !== root.dataset.theme) window.location.reload();
  });

  // A page that nobody touches must not stay drawn when its sign-in ends: asked for anew, it says so.
  let end;
  window.signInEnds = (seconds) => {
    clearTimeout(end);
    if (seconds !== null) end = setTimeout(() => window.location.reload(), Math.min((seconds + 1) * 1000, 2 ** 31 - 1));
  };

  // The meeting is turned by arrow keys, page keys and a presenter's clicker, but not while somebody types.
  const turns = { ArrowRight: "after", PageDown: "after", ArrowLeft: "before", PageUp: "before" };
  document.addEventListener("keydown", (event) => {
    const turn = turns[event.key];
    if (!turn || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const place = event.target;
    if (place.isContentEditable || /^(input|textarea|select)$/i.test(place.tagName) || place.closest("[role='listbox']")) return;
    const link = document.querySelector(`a[data-turn="${turn}"]`);
    if (!link) return;
    event.preventDefault();
    link.click();
  });

  // Streamlit's own widgets speak English whatever the page's language; a few words are put in its place.
  const toChinese = window.nativeWords;
  const toEnglish = Object.fromEntries(Object.entries(toChinese).map(([english, chinese]) => [chinese, english]));
  const spoken = ["aria-label", "placeholder", "title"];
  const inWords = (text, words) => {
    const [count] = /\d+/.exec(text) || [""];
    return words[text] || (count && words[text.replace(count, "{count}")] || "").replace("{count}", count);
  };
  const say = (element, words) => {
    for (const name of spoken) {
      const word = words[element.getAttribute(name)];
      if (word) element.setAttribute(name, word);
    }
    for (const child of element.childNodes) {
      const word = child.nodeType === Node.TEXT_NODE && inWords(child.data, words);
      if (word) child.data = word;
    }
  };
  const sayAll = (start) => {
    const words = root.lang === "en" ? toEnglish : toChinese;
    say(start, words);
    start.querySelectorAll("button, input, a, p, [aria-label], [role='dialog'] *, [role='listbox'] *").forEach((element) => {
      say(element, words);
    });
  };
  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.target === root && change.attributeName === "lang") sayAll(root);
      for (const node of change.addedNodes) if (node.nodeType === Node.ELEMENT_NODE) sayAll(node);
    }
  }).observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ["lang"] });

  // What the pointer, or the keyboard, is told of a region of a map. The page's own HTML, escaped by the server.
  const hover = Object.assign(document.createElement("div"), { className: "told", hidden: true });
  hover.setAttribute("role", "tooltip");
  const tell = (event) => {
    const told = event.type !== "click" && event.target.closest && event.target.closest("[data-hover]"); // a click leads on
    hover.hidden = !told;
    if (!told) return;
    if (!hover.isConnected) document.body.append(hover);
    if (hover.innerHTML !== told.dataset.hover) hover.innerHTML = told.dataset.hover;
    const box = told.getBoundingClientRect();
    const [x, y] = event.type === "focusin" ? [box.x + box.width / 2, box.y + box.height / 2] : [event.clientX, event.clientY];
    const [right, bottom] = [window.innerWidth - hover.offsetWidth - 8, window.innerHeight - hover.offsetHeight - 8];
    hover.style.left = `${Math.min(x + 14, right)}px`;
    hover.style.top = `${Math.min(y + 14, bottom)}px`;
  };
  ["pointermove", "focusin", "click"].forEach((kind) => document.addEventListener(kind, tell, { passive: true }));

  // What the next page needs is fetched when this one stands.
  const fetchLate = () => {
    if (!document.querySelector("#root footer.page-foot")) return setTimeout(fetchLate, 500);
    for (const href of window.lateParts) document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href }));
  };
  window.addEventListener("load", fetchLate);

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
