"use strict";
// Sends what an operator says. The token stays in this tab and goes into a header, never an address.
(() => {
  const KEY = "streamstress-token";

  async function say(form) {
    const values = Object.fromEntries(new FormData(form));
    const answer = form.querySelector(".answer");
    const { token, ...said } = values;
    for (const name of ["from", "until"]) if (!said[name]) delete said[name];
    answer.textContent = "sending…";
    answer.className = "answer";
    const response = await fetch("/api/controls", {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
      body: JSON.stringify(said),
    });
    const told = await response.json();
    if (response.ok) sessionStorage.setItem(KEY, token);
    answer.textContent = response.ok ? `Said: ${told.sentence}` : `Not said: ${words(told.detail)}`;
    answer.className = response.ok ? "answer done" : "answer failed";
  }

  function words(detail) {
    return typeof detail === "string" ? detail : detail.map((one) => `${one.loc.at(-1)}: ${one.msg}`).join("; ");
  }

  for (const form of document.querySelectorAll("form[data-operate]")) {
    form.elements.token.value = sessionStorage.getItem(KEY) ?? "";
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      say(form).catch((error) => {
        form.querySelector(".answer").textContent = `Not said: ${error.message}`;
      });
    });
  }
})();
