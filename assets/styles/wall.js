// Runs a wall screen by itself: the playlist, the clock, new snapshots, lost connections, a touch, a click into a region.
// One picture is kept on screen whatever happens; it is replaced only by one that differs.
(() => {
  const timing = JSON.parse(document.getElementById("timing").textContent);
  const frame = document.getElementById("frame");
  const banner = document.getElementById("banner");
  const paused = document.getElementById("paused");
  const SECOND = 1000;

  let shown = null; // the picture on screen, as the server sent it
  let snapshot = null;
  let due = 0; // when the next picture is due
  let touched = 0; // when somebody last touched the screen; 0 when the playlist runs
  let lostSince = null;
  let asking = false;
  let wished = null; // the picture that somebody asked for while another was on its way
  let checked = 0;
  let ticked = Date.now();
  const started = Date.now();

  const ask = async (address) => {
    const stop = new AbortController();
    const limit = setTimeout(() => stop.abort(), 15 * SECOND);
    try {
      const answer = await fetch(address, { cache: "no-store", signal: stop.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      return await answer.json();
    } finally {
      clearTimeout(limit);
    }
  };

  const clockText = (moment, options) => moment.toLocaleString(timing.language, { hour12: false, ...options });

  const showClock = () => {
    const clock = document.getElementById("clock");
    const now = clockText(new Date(), { month: "2-digit", day: "2-digit", weekday: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
    if (clock && clock.textContent !== now) clock.textContent = now;
  };

  const lose = () => {
    if (lostSince === null) lostSince = new Date();
    const text = timing.words.lost.replace("{since}", clockText(lostSince, { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" }));
    if (banner.textContent !== text) banner.textContent = text;
    banner.hidden = false;
  };

  const find = () => {
    lostSince = null;
    banner.hidden = true;
  };

  // Rows that don't fit are counted instead of cut, with those that were never sent.
  const fit = () => {
    frame.querySelectorAll(".card .body").forEach((body) => {
      const rows = [...body.querySelectorAll("tbody tr")];
      let leftOut = Number(body.dataset.leftOut);
      const more = document.createElement("p");
      more.className = "more";
      const say = () => {
        more.textContent = timing.words.more.replace("{count}", leftOut);
        body.appendChild(more);
      };
      if (leftOut > 0) say();
      while (rows.length > 1 && body.scrollHeight > body.clientHeight + 1) {
        leftOut += 1;
        rows.pop().remove();
        say();
      }
    });
    const lines = [...frame.querySelectorAll(".ticker > ul > li")];
    const list = frame.querySelector(".ticker > ul");
    while (list && lines.length > 1 && list.scrollWidth > list.clientWidth + 1) lines.pop().remove();
  };

  const show = (picture) => {
    const same = shown !== null && shown.digest === picture.digest;
    shown = picture;
    snapshot = picture.snapshot_id;
    if (same) return;
    frame.innerHTML = picture.html;
    showClock();
    fit();
  };

  const address = (position, region) => {
    const query = new URLSearchParams({ screen: timing.screen, position });
    if (region) query.set("region", region);
    return `/wall/frame?${query}`;
  };

  const go = async (position, region) => {
    if (asking) return;
    asking = true;
    try {
      const picture = await ask(address(position, region));
      find();
      show({ ...picture, wandered: region !== undefined });
      due = Date.now() + picture.seconds * SECOND;
    } catch (error) {
      lose();
      due = Date.now() + timing.retry * SECOND;
    } finally {
      asking = false;
    }
    if (wished === null) return;
    const next = wished;
    wished = null;
    await go(...next);
  };

  // What somebody asks for waits for a picture that is on its way; what the playlist asks for comes again by itself.
  const wish = (position, region) => {
    if (asking) wished = [position, region];
    else go(position, region);
  };

  const isPaused = () => touched > 0;
  const wandered = () => isPaused() && shown !== null && shown.wandered;
  const again = () => go(shown ? shown.position : 0, wandered() ? shown.region : undefined);

  // Ask for little: is there another snapshot, another version of this program?
  const check = async () => {
    checked = Date.now();
    try {
      const state = await ask("/wall/state");
      const back = lostSince !== null;
      find();
      if (state.program !== timing.program) window.location.reload();
      else if (back || shown === null || state.snapshot_id !== snapshot) await again();
    } catch (error) {
      lose();
    }
  };

  const reloadAtNight = () => {
    const [hour, minute] = timing.reload.split(":").map(Number);
    const at = new Date();
    at.setHours(hour, minute, 0, 0);
    if (started < at.getTime() && Date.now() >= at.getTime() && lostSince === null && !isPaused()) window.location.reload();
  };

  const touch = () => {
    touched = Date.now();
    paused.hidden = false;
  };

  const resume = () => {
    touched = 0;
    paused.hidden = true;
    due = 0;
  };

  const tick = () => {
    const now = Date.now();
    const slept = now - ticked > 30 * SECOND;
    ticked = now;
    showClock();
    reloadAtNight();
    if (isPaused() && now - touched > timing.resume * SECOND) resume();
    if (slept || now - checked > (lostSince === null ? timing.check : timing.retry) * SECOND) check();
    else if (shown !== null && lostSince === null && !isPaused() && now >= due && (shown.count > 1 || shown.wandered)) {
      go((shown.position + 1) % shown.count);
    }
  };

  // A pointer or a finger: into a region, back by one, to another picture.
  const act = (target) => {
    const region = target && target.closest("[data-region]");
    const dot = target && target.closest("[data-position]");
    if (region) wish(shown ? shown.position : 0, region.dataset.region);
    else if (dot) wish(Number(dot.dataset.position));
  };
  const up = () => {
    if (shown && shown.parent) wish(shown.position, shown.parent);
  };
  const step = (by) => {
    if (shown) wish((shown.position + by + shown.count) % shown.count);
  };
  document.addEventListener("pointerdown", touch);
  document.addEventListener("wheel", touch, { passive: true });
  document.addEventListener("click", (event) => act(event.target));
  document.addEventListener("contextmenu", (event) => {
    event.preventDefault();
    up();
  });
  document.addEventListener("keydown", (event) => {
    touch();
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      act(document.activeElement);
    } else if (["Escape", "Backspace", "ArrowUp"].includes(event.key)) up();
    else if (["ArrowRight", "PageDown"].includes(event.key)) step(1);
    else if (["ArrowLeft", "PageUp"].includes(event.key)) step(-1);
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) check();
  });
  window.addEventListener("online", check);
  window.addEventListener("offline", lose);

  go(0);
  setInterval(tick, SECOND);
})();
