"use strict";
// Draws the figures, gives them the page's colours, and keeps what they show in the address.
(() => {
  const parsed = (id) => JSON.parse(document.getElementById(id).textContent);
  const models = () => Bokeh.documents.flatMap((one) => [...one._all_models.values()]);
  const named = (name, type) => models().find((one) => one.name === name && one.type === type) ?? null;
  const source = (name) => named(name, "ColumnDataSource");
  const range = (name) => named(name, "Range1d");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let shownRanges = "";
  let following = true;

  function palette() {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(`--${name}`).trim();
    return { ink: read("ink"), muted: read("muted"), line: read("line"), panel: read("panel"), land: read("land"), shore: read("shore"), sea: read("sea"), curve: read("curve") };
  }

  function paintRenderer(renderer, colours) {
    const glyph = renderer.glyph;
    const roles = {
      land: { fill_color: colours.land, line_color: colours.shore },
      lakes: { fill_color: colours.sea, line_color: colours.shore },
      ink: { line_color: colours.ink }, "ink-line": { line_color: colours.muted },
      paper: { line_color: colours.panel }, words: { text_color: colours.ink },
      // On dark land a dark rim would not show.
      balls: dark.matches ? { line_color: colours.ink } : {},
      curve: { line_color: colours.curve }, band: { fill_color: colours.curve },
    };
    if (roles[renderer.name]) glyph.setv(roles[renderer.name]);
  }

  function paint() {
    const colours = palette();
    for (const one of models()) {
        if (one.type === "Figure") {
          one.setv({ background_fill_color: one.name === "map" ? colours.sea : colours.panel, border_fill_color: colours.panel, outline_line_color: colours.line });
        } else if (/Axis$/.test(one.type)) {
          one.setv({ major_label_text_color: colours.muted, axis_label_text_color: colours.muted, axis_line_color: colours.line, major_tick_line_color: colours.line });
        } else if (one.type === "Grid") one.grid_line_color = colours.line;
        else if (one.type === "Legend") one.label_text_color = colours.ink;
        else if (one.type === "GlyphRenderer") paintRenderer(one, colours);
    }
  }

  function update({ columns, ranges }) {
    for (const [name, data] of Object.entries(columns)) {
      const held = source(name);
      if (held && JSON.stringify(held.data) !== JSON.stringify(data)) held.data = data;
    }
    // Only a range that the data moved is set, so that what was zoomed by hand stays.
    if (!following || JSON.stringify(ranges) === shownRanges) return;
    shownRanges = JSON.stringify(ranges);
    for (const [name, [start, end]] of Object.entries(ranges)) range(name)?.setv({ start, end });
    fitMap();
  }

  // A circle on the ground stays a circle: the shorter side of the frame grows.
  function fitMap() {
    const [plot, x, y] = [named("map", "Figure"), range("map_x"), range("map_y")];
    const view = plot && Bokeh.index.find_one(plot);
    if (!view || !following) return;
    const { width, height } = view.frame.bbox;
    if (!(width > 0 && height > 0)) return;
    const { map_x, map_y } = JSON.parse(shownRanges);
    const middleY = (map_y[0] + map_y[1]) / 2;
    const shortening = Math.cos((middleY * Math.PI) / 180);
    const wanted = Math.max(((map_x[1] - map_x[0]) * shortening) / width, (map_y[1] - map_y[0]) / height);
    // No latitude is beyond the poles; of the whole world a narrow screen shows a part.
    const perPixel = Math.min(wanted, 180 / height);
    const middleX = (map_x[0] + map_x[1]) / 2;
    const halfX = (perPixel * width) / shortening / 2;
    const halfY = (perPixel * height) / 2;
    x.setv({ start: middleX - halfX, end: middleX + halfX });
    y.setv({ start: middleY - halfY, end: middleY + halfY });
  }

  function setAddress(changed) {
    const address = new URL(location.href);
    for (const [name, value] of Object.entries(changed)) address.searchParams.set(name, value);
    history.replaceState(null, "", address);
    for (const [name, value] of Object.entries(changed)) {
      const field = document.querySelector(`form.view [name="${name}"]`);
      if (field && field !== document.activeElement) field.value = value;
    }
  }

  const second = (ms) => new Date(ms).toISOString().slice(0, 19) + "Z";

  function keepAddress() {
    const [x, y, time] = ["map_x", "map_y", "time_x"].map(range);
    if (x && y) setAddress({ box: [x.start, y.start, x.end, y.end].map((one) => one.toFixed(3)).join(",") });
    else if (time) setAddress({ from: second(time.start), until: second(time.end) });
  }

  function watchRanges() {
    let timer = null;
    // Only what a hand moves goes into the address, not what Bokeh and the data do.
    document.getElementById("chart").addEventListener("pointerdown", () => { following = false; }, true);
    for (const name of ["map_x", "map_y", "time_x"]) {
      const watched = range(name);
      watched?.connect(watched.change, () => {
        if (following) return;
        clearTimeout(timer);
        timer = setTimeout(keepAddress, 400);
      });
    }
  }

  function openWhatIsTapped() {
    for (const [name, path] of [["events", "/event/"], ["ball_rims", "/event/"], ["stations", "/station/"]]) {
      const held = source(name);
      held?.selected.connect(held.selected.properties.indices.change, () => {
        const [index] = held.selected.indices;
        const id = (held.data.event_id ?? held.data.code)?.[index];
        if (id) location.href = path + encodeURIComponent(id);
      });
    }
  }

  function moveByKeys() {
    const box = document.getElementById("chart");
    const [x, y] = [range("map_x"), range("map_y")];
    if (!x || !y) return;
    const steps = { ArrowLeft: [-0.1, 0, 1], ArrowRight: [0.1, 0, 1], ArrowDown: [0, -0.1, 1], ArrowUp: [0, 0.1, 1], "+": [0, 0, 0.8], "=": [0, 0, 0.8], "-": [0, 0, 1.25] };
    box.addEventListener("keydown", (key) => {
      const step = steps[key.key];
      if (!step) return;
      key.preventDefault();
      following = false;
      for (const [moved, shift] of [[x, step[0]], [y, step[1]]]) {
        const width = moved.end - moved.start;
        const middle = moved.start + width / 2 + shift * width;
        moved.setv({ start: middle - (width * step[2]) / 2, end: middle + (width * step[2]) / 2 });
      }
    });
  }

  Bokeh.set_log_level("error");
  Bokeh.embed.embed_item(parsed("chart-item"), "chart").then(() => {
    const first = parsed("chart-columns");
    update(first);
    paint();
    fitMap();
    new ResizeObserver(() => setTimeout(fitMap, 50)).observe(document.getElementById("chart"));
    dark.addEventListener("change", paint);
    watchRanges();
    openWhatIsTapped();
    moveByKeys();
    window.pageCharts = { update };
    document.body.classList.add("drawn");
  });
})();
