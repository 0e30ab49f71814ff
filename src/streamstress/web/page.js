"use strict";
// Sets the status that the server made; every sentence and number comes from there.
const byId = (id) => document.getElementById(id);
const parsed = (id) => JSON.parse(byId(id).textContent);
const asked = new URLSearchParams(location.search).get("cell");
let lastAnswer = Date.now();
let lastView = "";

function element(tag, cls, text) {
  const made = document.createElement(tag);
  if (cls) made.className = cls;
  if (text !== undefined) made.textContent = text;
  return made;
}

function setBanner(banner) {
  const box = byId("banner");
  const part = (selector) => box.querySelector(selector);
  box.className = banner.level;
  part(".badge").textContent = banner.badge;
  part("h2").textContent = banner.title;
  part(".sentence").textContent = banner.sentence;
  part(".turn").hidden = banner.before === null;
  part(".before").textContent = banner.before;
  part(".after").textContent = banner.after;
  part(".by").textContent = banner.turn;
  if (banner.score !== null) {
    const full = Math.max(banner.score, banner.threshold) * 1.15;
    part(".bar i").style.width = `${(100 * banner.score) / full}%`;
    part(".bar u").style.left = `${(100 * banner.threshold) / full}%`;
    part(".score p").textContent = `score ${banner.score.toFixed(1)}, alarm from ${banner.threshold.toFixed(1)}`;
  }
  part("dl").replaceChildren(...banner.facts.flatMap(([name, value]) => [element("dt", "", name), element("dd", "", value)]));
}

function setEstimate(figures) {
  byId("estimate").replaceChildren(...figures.map((figure) => {
    const box = element("div");
    const value = element("p", "value", figure.value);
    if (figure.colour) value.style.color = figure.colour;
    box.append(element("p", "name", figure.name), value, element("p", "note", figure.note));
    return box;
  }));
  byId("no-estimate").hidden = figures.length > 0;
}

function setStages(stages) {
  byId("stages").replaceChildren(...stages.map((stage) => {
    const box = element("div");
    const count = element("p", "count", stage.count + " ");
    count.append(element("small", "", stage.noun));
    box.append(element("p", "name", stage.stage), count, element("p", "late", stage.latency));
    if (stage.rejected) box.append(element("p", "bad", `${stage.rejected} set aside`));
    return box;
  }));
}

function eventRow(event) {
  const row = element("tr");
  const ball = element("td");
  ball.innerHTML = event.ball;
  const link = element("a", "", event.event_id);
  link.href = `events/${encodeURIComponent(event.event_id)}.qml`;
  const document_ = element("td");
  document_.append(link);
  row.append(element("td", "", event.time), element("td", "n", event.magnitude), element("td", "n", event.depth),
    element("td", "", event.place), ball, element("td", "", event.plane), element("td", "", event.grade), document_);
  return row;
}

function setCells(cells, shown) {
  const select = byId("cells");
  select.hidden = cells.length < 2;
  if (select.options.length === cells.length) return;
  select.replaceChildren(...cells.map((cell) => new Option(cell, cell, false, cell === shown)));
}

function modelByName(name) {
  for (const shown of Bokeh.documents) {
    const model = shown.get_model_by_name(name);
    if (model) return model;
  }
  return null;
}

function setCharts(columns, view) {
  for (const [name, data] of Object.entries(columns)) {
    const source = modelByName(name);
    if (source && JSON.stringify(source.data) !== JSON.stringify(data)) source.data = data;
  }
  // Only a view that the data moved is set, so that zooming by hand stays.
  if (JSON.stringify(view) === lastView) return;
  lastView = JSON.stringify(view);
  for (const [name, [start, end]] of Object.entries(view)) {
    const range = modelByName(name);
    if (range) range.setv({ start, end });
  }
}

function setStatus(status) {
  setBanner(status.banner);
  setEstimate(status.estimate);
  setStages(status.stages);
  setCells(status.cells, status.cell);
  byId("data-until").textContent = status.data_until;
  byId("dead-letters").textContent = status.dead_letters;
  byId("proposals").hidden = status.proposals.length === 0;
  byId("proposals").replaceChildren(element("h3", "", "Waiting for an operator"), ...status.proposals.map((words) => element("p", "", words)));
  byId("events").replaceChildren(...status.events.map(eventRow));
  byId("no-events").hidden = status.events.length > 0;
  document.body.classList.toggle("unmarked", status.columns.onset.time.length === 0);
  document.body.classList.toggle("bare", status.columns.event_count.time.length === 0);
  setCharts(status.columns, status.view);
}

function setPulse() {
  const silence_s = Math.round((Date.now() - lastAnswer) / 1000);
  const lost = silence_s > Math.max(10, (4 * REFRESH_MS) / 1000);
  byId("pulse").className = lost ? "lost" : "";
  byId("pulse").querySelector("span").textContent = lost ? `no answer for ${silence_s} s` : "live";
}

async function poll() {
  try {
    const answer = await fetch("status.json" + (asked ? `?cell=${encodeURIComponent(asked)}` : ""), { cache: "no-store" });
    if (answer.ok) {
      setStatus(await answer.json());
      lastAnswer = Date.now();
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // A failed request: the pulse tells it.
  } finally {
    setPulse();
    setTimeout(poll, REFRESH_MS);
  }
}

byId("cells").addEventListener("change", (change) => {
  location.search = new URLSearchParams({ cell: change.target.value }).toString();
});
Promise.all([Bokeh.embed.embed_item(parsed("map-item")), Bokeh.embed.embed_item(parsed("series-item"))]).then(() => {
  setStatus(parsed("status"));
  setPulse();
  setTimeout(poll, REFRESH_MS);
});
