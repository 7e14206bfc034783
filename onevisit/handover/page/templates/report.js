"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const facts = read("map-facts");
  const pictures = {};
  for (const img of document.querySelectorAll("img[data-picture]")) pictures[img.dataset.picture] = img.src;

  // --- maps ---------------------------------------------------------------------------------------------------
  const maps = [];

  // One metre is as long upwards as sideways, whatever the shape of the frame.
  const fit = (plot, [west, south, east, north]) => {
    const width = plot.inner_width || 800, height = plot.inner_height || 500;
    const scale = Math.max((east - west) / width, (north - south) / height);
    const x = (west + east) / 2, y = (south + north) / 2;
    plot.x_range.setv({ start: x - (scale * width) / 2, end: x + (scale * width) / 2 });
    plot.y_range.setv({ start: y - (scale * height) / 2, end: y + (scale * height) / 2 });
  };
  const view = (plot) => [plot.x_range.start, plot.y_range.start, plot.x_range.end, plot.y_range.end];
  const zoom = (plot, factor) => {
    const [west, south, east, north] = view(plot);
    const x = (west + east) / 2, y = (south + north) / 2;
    fit(plot, [x + (west - x) * factor, y + (south - y) * factor, x + (east - x) * factor, y + (north - y) * factor]);
  };

  const show = (map) => {
    const on = (layer) => {
      const box = map.figure.querySelector(`input[data-layer="${layer}"]`);
      return !box || box.checked;
    };
    for (const renderer of map.plot.renderers) {
      const [kind, layer, species] = (renderer.name || "").split(":");
      if (kind === "layer") renderer.visible = on(layer) && (species === undefined || species === String(map.species));
    }
  };

  const build = async (figure, item) => {
    const number = Number(figure.dataset.map);
    const text = JSON.stringify(item).replace(/picture:map-\d+:\d+/g, (key) => pictures[key] || "");
    const views = await Bokeh.embed.embed_item(JSON.parse(text));
    const roots = views.roots || Array.from(views);
    const plot = roots[0].model;
    const map = { figure, plot, view: roots[0], species: 0, facts: facts[number], box: facts[number].bounds };
    maps[number] = map;
    let was = "";
    const settle = () => {
      const size = `${plot.inner_width}x${plot.inner_height}`;
      if (size !== was) { was = size; fit(plot, map.box); }
    };
    settle();
    plot.properties.inner_width.change.connect(settle);
    plot.properties.inner_height.change.connect(settle);
    plot.x_range.change.connect(() => { map.box = view(plot); });
    show(map);
    figure.addEventListener("change", (event) => {
      if (event.target.matches("[data-species]")) {
        map.species = Number(event.target.value);
        const scale = map.facts.scales[map.species];
        figure.querySelector("[data-top]").textContent = `≥ ${scale.top} ${scale.unit}`;
      }
      show(map);
    });
    figure.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.zoom) zoom(plot, Number(button.dataset.zoom));
      if ("whole" in button.dataset) fit(plot, map.facts.bounds);
    });
  };

  const point = (map, lon, lat) => {
    const source = map.plot.renderers.find((r) => r.name === "pointer").data_source;
    if (lon === null) { source.data = { x: [], y: [] }; return; }
    const [lon0, lat0, ...c] = map.facts.fit, u = lon - lon0, v = lat - lat0;
    const terms = [1, u, v, u * u, u * v, v * v];
    const sum = (from) => terms.reduce((total, term, k) => total + term * c[from + k], 0);
    source.data = { x: [sum(0)], y: [sum(6)] };
  };

  for (const button of document.querySelectorAll("[data-goto]")) {
    button.addEventListener("click", () => {
      const map = maps[Number(button.dataset.goto)];
      if (!map) return;
      const [west, south, east, north] = map.facts.hotspots[button.dataset.hotspot];
      const margin = 2 * Math.max(east - west, north - south, 60);
      fit(map.plot, [west - margin, south - margin, east + margin, north + margin]);
      map.figure.scrollIntoView({ block: "center" });
    });
  }

  // A canvas cannot be laid out again for paper: print what it shows as a picture.
  addEventListener("beforeprint", () => {
    for (const map of maps.filter(Boolean)) {
      let still = map.figure.querySelector(".still");
      if (!still) {
        still = document.createElement("img");
        still.className = "still";
        map.figure.querySelector(".canvas").prepend(still);
      }
      still.src = map.view.export("png", true).canvas.toDataURL("image/png");
    }
  });

  // --- readings of traces -------------------------------------------------------------------------------------
  const box = document.getElementById("reading");
  const two = (n) => String(n).padStart(2, "0");
  const clock = (seconds) => {
    const t = new Date(seconds * 1000);
    return `${two(t.getUTCMonth() + 1)}-${two(t.getUTCDate())} ${two(t.getUTCHours())}:${two(t.getUTCMinutes())}:${two(t.getUTCSeconds())}`;
  };
  for (const svg of document.querySelectorAll("svg.series")) {
    let data = null;
    const cursor = svg.querySelector(".cursor");
    const map = () => maps[Number(svg.closest("figure").dataset.region)];
    svg.addEventListener("pointermove", (event) => {
      data = data || JSON.parse(svg.dataset.series);
      const frame = svg.getBoundingClientRect();
      const share = ((event.clientX - frame.left) / frame.width - data.left) / (data.right - data.left);
      const slice = Math.floor(share * data.low.length);
      if (slice < 0 || slice >= data.low.length) return;
      const x = (data.left + share * (data.right - data.left)) * svg.viewBox.baseVal.width;
      cursor.setAttribute("d", `M${x.toFixed(1)} 6V166`);
      const low = data.low[slice], high = data.high[slice], back = data.background[slice];
      const range = low === null ? "–" : low === high ? `${high}` : `${low} – ${high}`;
      box.textContent = `${clock(data.start + share * data.seconds)}   ${range} ${data.unit}` + (back === null ? "" : `   ${data.words} ${back}`);
      box.hidden = false;
      box.style.left = `${Math.max(6, Math.min(event.clientX + 14, innerWidth - box.offsetWidth - 8))}px`;
      box.style.top = `${event.clientY - box.offsetHeight - 12}px`;
      if (map()) point(map(), data.lon[slice], data.lat[slice]);
    });
    svg.addEventListener("pointerleave", () => {
      box.hidden = true;
      cursor.setAttribute("d", "");
      if (map()) point(map(), null, null);
    });
  }

  const items = read("map-items");
  document.querySelectorAll("figure.map").forEach((figure, number) => build(figure, items[number]));
})();
