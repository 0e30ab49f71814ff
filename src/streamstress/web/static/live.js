"use strict";
// Keeps an open page as new as the store: asks for the same page again and replaces what differs.
(() => {
  const refreshMs = Number(document.documentElement.dataset.refreshMs);
  const pulse = document.getElementById("pulse");
  let tag = null;
  let lastAnswer = Date.now();
  let trouble = "";
  let failures = 0;
  let ageS = pulse.dataset.ageS === "" ? null : Number(pulse.dataset.ageS);
  const speed = Number(pulse.dataset.speed);
  const staleS = Number(pulse.dataset.staleS);

  function span(seconds) {
    for (const [unit, length] of [["days", 86400], ["h", 3600], ["min", 60]]) {
      if (seconds >= 2 * length) return `${Math.round(seconds / length)} ${unit}`;
    }
    return `${Math.round(seconds)} s`;
  }

  function setPulse() {
    const silentS = (Date.now() - lastAnswer) / 1000;
    const lost = failures >= 3 || silentS > Math.max(10, (4 * refreshMs) / 1000) || trouble !== "";
    const behindS = ageS === null ? null : ageS + silentS * speed;
    // A page that answers looks well only while its results are new and nothing is wrong.
    const old = behindS > staleS || document.querySelector("#troubles .trouble") !== null;
    const state = lost ? "lost" : old ? "old" : behindS === null ? "waiting" : "";
    let words = behindS === null ? "no data yet" : `results ${span(behindS)} behind`;
    if (lost) words = trouble || `no answer for ${span(silentS)}`;
    else if (state === "") words = `live, ${words}`;
    pulse.className = state;
    pulse.querySelector("span").textContent = words;
  }

  function keepWhatIsOpen(old, fresh) {
    old.querySelectorAll("details").forEach((one, index) => {
      const other = fresh.querySelectorAll("details")[index];
      if (other && one.open) other.open = true;
    });
    old.querySelectorAll("[tabindex]").forEach((one, index) => {
      const other = fresh.querySelectorAll("[tabindex]")[index];
      if (other && one.scrollLeft) queueMicrotask(() => { other.scrollLeft = one.scrollLeft; });
    });
  }

  function replace(text) {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const other = fresh.getElementById(part.id);
      if (!other) { location.reload(); return; }
      // What somebody is at stays until they leave it.
      if (part.contains(document.activeElement)) continue;
      keepWhatIsOpen(part, other);
      if (!part.isEqualNode(other)) part.replaceWith(document.adoptNode(other));
    }
    const columns = fresh.getElementById("chart-columns");
    if (columns && window.pageCharts) window.pageCharts.update(JSON.parse(columns.textContent));
  }

  async function look() {
    if (document.hidden) return;
    const headers = { Accept: "text/html" };
    if (tag) headers["If-None-Match"] = tag;
    const answer = await fetch(location.href, { headers, cache: "no-store" });
    if (answer.status === 503) { trouble = "the store does not answer"; return; }
    if (answer.status === 200) {
      tag = answer.headers.get("ETag");
      replace(await answer.text());
    } else if (answer.status !== 304) { trouble = `the server says ${answer.status}`; return; }
    const age = answer.headers.get("X-Data-Age-S");
    ageS = age === null || age === "" ? null : Number(age);
    trouble = "";
    lastAnswer = Date.now();
  }

  async function loop() {
    const began = Date.now();
    try {
      await look();
      failures = 0;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      failures += 1; // The pulse tells it; one may fail by chance.
    } finally {
      setPulse();
      // A slow server is asked less often.
      setTimeout(loop, Math.max(refreshMs, 5 * (Date.now() - began)));
    }
  }

  document.addEventListener("visibilitychange", () => { lastAnswer = Date.now(); });
  setPulse();
  setTimeout(loop, refreshMs);
})();
