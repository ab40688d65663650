/// What the special instruments of this page share: decoding, colours, drawing.
let mapHelpers = #"""
  const bytesOf = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const floatsOf = text => new Float32Array(bytesOf(text).buffer);
  const palette = [];
  for (let k = 0; k < 256; k += 1) {
    const n = parseInt(data.colors.slice(6 * k, 6 * k + 6), 16);
    palette.push([n >> 16, n >> 8 & 255, n & 255]);
  }
  const gradient = "linear-gradient(to right, " + palette.filter((_, k) => k % 15 === 0)
    .map(c => `rgb(${c})`).join() + ")";
  const short = value => !Number.isFinite(value) ? "–" : value === 0 ? "0"
    : Math.abs(value) < 1e-3 || Math.abs(value) >= 1e4 ? value.toExponential(2) : value.toPrecision(3);
  const spanOf = map => {
    let low = Infinity, high = -Infinity;
    for (const value of map) { if (value < low) low = value; if (value > high) high = value; }
    return [low, high];
  };
  const colorOf = (value, [low, high]) =>
    palette[high > low ? Math.max(0, Math.min(255, Math.round((value - low) / (high - low) * 255))) : 0];

  // A map in hard pixels, as a canvas of its own size.
  function painted(map, width, height, span) {
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const pen = canvas.getContext("2d"), image = pen.createImageData(width, height);
    for (let i = 0; i < width * height; i += 1) {
      const [r, g, b] = colorOf(map[i], span);
      image.data.set([r, g, b, 255], 4 * i);
    }
    pen.putImageData(image, 0, 0);
    return canvas;
  }

  // Between four pixels: as torch's bilinear interpolation with align_corners=False.
  function smoothed(map, width, height, newWidth, newHeight) {
    const out = new Float32Array(newWidth * newHeight);
    for (let y = 0; y < newHeight; y += 1) {
      const v = Math.max((y + 0.5) * height / newHeight - 0.5, 0);
      const y0 = Math.min(Math.floor(v), height - 1), y1 = Math.min(y0 + 1, height - 1), b = v - y0;
      for (let x = 0; x < newWidth; x += 1) {
        const u = Math.max((x + 0.5) * width / newWidth - 0.5, 0);
        const x0 = Math.min(Math.floor(u), width - 1), x1 = Math.min(x0 + 1, width - 1), a = u - x0;
        out[y * newWidth + x] =
          (1 - b) * ((1 - a) * map[y0 * width + x0] + a * map[y0 * width + x1])
          + b * ((1 - a) * map[y1 * width + x0] + a * map[y1 * width + x1]);
      }
    }
    return out;
  }

  // The brightness of the pictures, once they are loaded.
  const greys = new Map();
  function grey(index, then) {
    if (index < 0) return null;
    if (greys.has(index)) return greys.get(index);
    greys.set(index, null);
    const image = new Image();
    image.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.width = image.naturalWidth;
      canvas.height = image.naturalHeight;
      const pen = canvas.getContext("2d", { willReadFrequently: true });
      pen.drawImage(image, 0, 0);
      const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
      const values = new Uint8Array(canvas.width * canvas.height);
      for (let i = 0; i < values.length; i += 1) {
        values[i] = 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2];
      }
      greys.set(index, { width: canvas.width, height: canvas.height, values });
      then();
    };
    image.src = page.picture(index);
    return null;
  }

  // A map, smoothed, over a grey picture or over nothing.
  function overlay(canvas, map, width, height, span, under) {
    const [w, h] = under ? [under.width, under.height]
      : [width * Math.ceil(192 / width), height * Math.ceil(192 / width)];
    canvas.width = w;
    canvas.height = h;
    const pen = canvas.getContext("2d"), image = pen.createImageData(w, h);
    const large = smoothed(map, width, height, w, h);
    for (let i = 0; i < w * h; i += 1) {
      const [r, g, b] = colorOf(large[i], span);
      const light = under ? under.values[i] : 0, part = under ? 0.6 : 1;
      image.data.set(
        [r * part + light * (1 - part), g * part + light * (1 - part), b * part + light * (1 - part), 255],
        4 * i);
    }
    pen.putImageData(image, 0, 0);
  }

  // Small maps in a table on one canvas, with text at their edges.
  function table(canvas, room, rows, columns, cell, rowLabels, columnLabels) {
    const ratio = devicePixelRatio || 1, pen = canvas.getContext("2d");
    const style = getComputedStyle(document.documentElement);
    const face = "12px system-ui, sans-serif";
    pen.font = face;
    const left = rowLabels ? Math.max(...rowLabels.map(text => pen.measureText(text).width)) + 8 : 0;
    const top = columnLabels ? 18 : 0;
    const side = Math.max(Math.min((room - left) / columns - 3, 96), 12);
    const shape = cell(0, 0).shape, high = side * shape;
    const [width, height] = [left + columns * (side + 3), top + rows * (high + 3)];
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
    pen.scale(ratio, ratio);
    pen.font = face;
    pen.fillStyle = style.getPropertyValue("--quiet");
    pen.textBaseline = "middle";
    for (let j = 0; columnLabels && j < columns; j += 1) {
      pen.textAlign = "center";
      pen.fillText(columnLabels[j], left + j * (side + 3) + side / 2, 9, side + 2);
    }
    pen.imageSmoothingEnabled = false;
    for (let i = 0; i < rows; i += 1) {
      pen.textAlign = "right";
      if (rowLabels) pen.fillText(rowLabels[i], left - 6, top + i * (high + 3) + high / 2);
      for (let j = 0; j < columns; j += 1) {
        const { picture, chosen } = cell(i, j);
        if (!picture) continue;
        const [x, y] = [left + j * (side + 3), top + i * (high + 3)];
        pen.drawImage(picture, x, y, side, high);
        if (!chosen) continue;
        pen.strokeStyle = style.getPropertyValue("--focus");
        pen.lineWidth = 3;
        pen.strokeRect(x + 0.5, y + 0.5, side - 1, high - 1);
      }
    }
    canvas.at = event => {
      const box = canvas.getBoundingClientRect();
      const j = Math.floor((event.clientX - box.left - left) / (side + 3));
      const i = Math.floor((event.clientY - box.top - top) / (high + 3));
      return i >= 0 && i < rows && j >= 0 && j < columns ? [i, j] : null;
    };
  }

  """#

/// The instrument itself.
let mapScript = #"""
  const overview = element.closest("section").querySelector(".overview");
  const find = name => element.querySelector(name) || overview.querySelector(name);
  const [wordAxis, stepAxis, layerAxis, headAxis, scaleAxis, behindAxis] = data.axes;
  const count = data.columns.length;
  const maps = bytesOf(data.maps), ranges = floatsOf(data.ranges), masses = floatsOf(data.masses);

  // Where each step, layer and head begins: in the maps by pixels, in the ranges by maps.
  const perStep = data.layers.reduce((sum, l) => sum + l.heads.length * count * l.height * l.width, 0);
  const mapsPerStep = data.layers.reduce((sum, l) => sum + l.heads.length * count, 0);
  const starts = [];
  let pixelsBefore = 0, mapsBefore = 0;
  for (const layer of data.layers) {
    starts.push({ pixels: pixelsBefore, maps: mapsBefore });
    pixelsBefore += layer.heads.length * count * layer.height * layer.width;
    mapsBefore += layer.heads.length * count;
  }

  // The maps of all columns in one layer and one of its heads, added to `out` on its grid.
  function addMaps(out, width, height, step, l, h, factor) {
    const layer = data.layers[l], size = layer.height * layer.width;
    let from = step * perStep + starts[l].pixels + h * count * size;
    let range = 2 * (step * mapsPerStep + starts[l].maps + h * count);
    for (let c = 0; c < count; c += 1) {
      const low = ranges[range], scale = (ranges[range + 1] - low) / 255;
      for (let y = 0; y < height; y += 1) {
        const row = Math.floor(y * layer.height / height) * layer.width;
        for (let x = 0; x < width; x += 1) {
          const value = low + scale * maps[from + row + Math.floor(x * layer.width / width)];
          out[(c * height + y) * width + x] += factor * value;
        }
      }
      from += size;
      range += 2;
    }
  }

  // Which layers and heads a choice stands for, each with its weight.
  function chosen(layer, head) {
    const list = [];
    data.layers.forEach((it, l) => {
      if (layer > 0 && l !== layer - 1) return;
      it.heads.forEach((number, h) => {
        if (head > 0 && number !== data.headNumbers[head - 1]) return;
        list.push({ l, h, weight: it.weight });
      });
    });
    const total = list.reduce((sum, it) => sum + it.weight, 0);
    return list.map(it => ({ ...it, weight: it.weight / total }));
  }

  const known = new Map();
  function view(step, layer, head) {
    const key = `${step} ${layer} ${head}`;
    if (known.has(key)) return known.get(key);
    const list = chosen(layer, head);
    const height = Math.max(...list.map(({ l }) => data.layers[l].height), 1);
    const width = Math.max(...list.map(({ l }) => data.layers[l].width), 1);
    const all = new Float32Array(count * height * width), mass = new Float64Array(count);
    for (const { l, h, weight } of list) {
      addMaps(all, width, height, step, l, h, weight);
      const first = step * mapsPerStep + starts[l].maps + h * count;
      for (let c = 0; c < count; c += 1) mass[c] += weight * masses[first + c];
    }
    const result = {
      width, height, mass, isEmpty: !list.length,
      map: c => all.subarray(c * width * height, (c + 1) * width * height),
    };
    if (known.size > 400) known.clear();
    known.set(key, result);
    return result;
  }

  const at = () => [stepAxis, layerAxis, headAxis].map(name => page.position(name));
  let pointed = null;

  function span(it, word) {
    if (page.position(scaleAxis) === 0) return spanOf(it.map(word));
    let [low, high] = [Infinity, -Infinity];
    data.columns.forEach((column, c) => {
      if (column.kind !== "word") return;
      const [a, b] = spanOf(it.map(c));
      [low, high] = [Math.min(low, a), Math.max(high, b)];
    });
    return high >= low ? [low, high] : spanOf(it.map(word));
  }

  // The words, each as green as it is attended to.
  const words = data.columns.map((column, c) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = column.kind;
    button.textContent = column.label;
    button.addEventListener("click", () => page.move(wordAxis, c));
    find(".prompt").append(button, " ");
    return button;
  });

  function drawWords(it, word) {
    const most = Math.max(...it.mass.filter((_, c) => data.columns[c].kind === "word"), 1e-9);
    words.forEach((button, c) => {
      const share = Math.min(it.mass[c] / most, 1);
      button.style.setProperty("--share", (share * 55).toFixed(1) + "%");
      button.setAttribute("aria-pressed", c === word);
      button.title = `gets ${(100 * it.mass[c]).toFixed(2)} % of the attention`;
    });
  }

  function drawReading(it) {
    const shares = data.columns.map((_, c) => pointed
      ? it.map(c)[pointed.y * it.width + pointed.x] : it.mass[c]);
    // Each map was rounded to 8 bits: the shares are scaled so that they sum to 1 again.
    const sum = shares.reduce((a, b) => a + b, 0) || 1;
    const order = shares.map((share, c) => [share / sum, c]).sort((a, b) => b[0] - a[0]);
    // The words set the length of the bars: padding would leave nothing of theirs.
    const most = Math.max(...order.filter(([, c]) => data.columns[c].kind === "word")
      .map(([share]) => share), 1e-9);
    find(".spot").textContent = pointed
      ? `row ${pointed.y}, column ${pointed.x} of ${it.height}×${it.width} attends to`
      : "all pixels together attend to (point at one)";
    find(".ranked").replaceChildren(...order.map(([share, c]) => {
      const item = document.createElement("li");
      item.dataset.column = c;
      item.className = data.columns[c].kind;
      const [name, bar, value] = ["span", "i", "b"].map(tag =>
        item.appendChild(document.createElement(tag)));
      name.textContent = data.columns[c].label;
      bar.style.width = `${Math.min(share / most * 100, 100).toFixed(1)}%`;
      value.textContent = share.toFixed(4);
      item.addEventListener("click", () => page.move(wordAxis, c));
      return item;
    }));
    find(".sum").textContent =
      `sum ${order.reduce((total, [share]) => total + share, 0).toFixed(4)}`;
  }

  // The picture itself, in colour; x̂_0 at this step when that is what lies behind the heat.
  let shownPicture = -1;
  function drawPicture(index, caption) {
    if (index === shownPicture) return;
    shownPicture = index;
    const image = new Image();
    image.onload = () => {
      const canvas = find(".plain");
      canvas.width = image.naturalWidth;
      canvas.height = image.naturalHeight;
      canvas.getContext("2d").drawImage(image, 0, 0);
    };
    image.src = page.picture(index);
    find(".shown").textContent = caption;
  }

  // Every word's map; with a scale for each word each fills the colours.
  const gallery = data.columns.map((column, c) => {
    const button = document.createElement("button");
    button.type = "button";
    const canvas = button.appendChild(document.createElement("canvas"));
    button.append(column.label);
    button.addEventListener("click", () => page.move(wordAxis, c));
    overview.querySelector(".gallery").append(button);
    return { button, canvas };
  });

  function drawGallery(it, word) {
    gallery.forEach(({ button, canvas }, c) => {
      button.setAttribute("aria-pressed", c === word);
      canvas.width = it.width;
      canvas.height = it.height;
      canvas.getContext("2d")
        .drawImage(painted(it.map(c), it.width, it.height, span(it, c)), 0, 0);
    });
  }

  function drawMain(it, word) {
    const range = span(it, word), raw = find(".raw"), map = it.map(word);
    const factor = Math.max(Math.floor(256 / Math.max(it.width, it.height)), 1);
    raw.width = it.width * factor;
    raw.height = it.height * factor;
    const pen = raw.getContext("2d");
    pen.imageSmoothingEnabled = false;
    pen.drawImage(painted(map, it.width, it.height, range), 0, 0, raw.width, raw.height);
    const behind = page.position(behindAxis);
    const step = page.position(stepAxis), believed = data.believed[step];
    const index = behind === 0 ? 0 : behind === 1 ? believed : -1;
    if (behind === 1 && believed >= 0) drawPicture(believed, "x̂_0 at this step");
    else drawPicture(0, "the picture");
    overlay(find(".smooth"), map, it.width, it.height, range, grey(index, draw));
    find(".under").textContent = behind === 0 ? "the picture" : behind === 2 ? "nothing"
      : believed < 0 ? "nothing: x̂_0 was not kept at this step" : "x̂_0 at this step";
    if (pointed) {
      pen.strokeStyle = "#fff";
      pen.lineWidth = 2;
      pen.strokeRect(pointed.x * factor, pointed.y * factor, factor, factor);
    }
    find(".low").textContent = short(range[0]);
    find(".high").textContent = short(range[1]);
    find(".mass").textContent = it.isEmpty ? "–" : it.mass[word].toFixed(5);
  }

  function drawTimes(word, layer, head) {
    const steps = data.stepLabels.length, shown = Math.min(steps, 12);
    const places = [...Array(shown).keys()].map(k =>
      shown === 1 ? 0 : Math.round(k * (steps - 1) / (shown - 1)));
    const nearest = places.reduce((a, b) =>
      Math.abs(b - page.position(stepAxis)) < Math.abs(a - page.position(stepAxis)) ? b : a);
    const views = places.map(step => view(step, layer, head));
    const range = shared(views, word);
    const canvas = find(".times");
    table(canvas, element.clientWidth, 1, shown, (_, j) => ({
      picture: small(views[j], word, range), chosen: places[j] === nearest,
      shape: views[j].height / views[j].width,
    }), null, places.map(step => data.stepLabels[step].replace(/.*t = (.*)\)/, "$1")));
    canvas.places = places;
  }

  // With one scale for all, small maps beside each other have it too.
  const shared = (views, word) => page.position(scaleAxis) === 0 ? null : views
    .filter(it => !it.isEmpty).map(it => spanOf(it.map(word)))
    .reduce(([a, b], [low, high]) => [Math.min(a, low), Math.max(b, high)], [Infinity, -Infinity]);
  const small = (it, word, range) => it.isEmpty ? null
    : painted(it.map(word), it.width, it.height, range || spanOf(it.map(word)));

  function drawGrid(word, step, layer, head) {
    const rows = data.layers.length + 1, columns = data.headNumbers.length + 1;
    const views = [...Array(rows).keys()].map(i =>
      [...Array(columns).keys()].map(j => view(step, i, j)));
    const range = shared(views.flat(), word);
    table(find(".grid"), element.clientWidth, rows, columns, (i, j) => ({
      picture: small(views[i][j], word, range), chosen: i === layer && j === head,
      shape: views[i][j].height / views[i][j].width,
    }), ["all layers", ...data.layers.map(l => `${l.name}, ${l.height}×${l.width}`)],
    ["mean", ...data.headNumbers.map(n => `head ${n}`)]);
  }

  function draw() {
    const word = page.position(wordAxis), [step, layer, head] = at();
    const it = view(step, layer, head);
    if (pointed && (pointed.x >= it.width || pointed.y >= it.height)) pointed = null;
    drawWords(it, word);
    drawMain(it, word);
    drawReading(it);
    drawTimes(word, layer, head);
    drawGrid(word, step, layer, head);
    drawGallery(it, word);
  }

  function place(event) {
    const it = view(...at()), box = event.currentTarget.getBoundingClientRect();
    const x = Math.floor((event.clientX - box.left) / box.width * it.width);
    const y = Math.floor((event.clientY - box.top) / box.height * it.height);
    const inside = x >= 0 && x < it.width && y >= 0 && y < it.height;
    if (inside && pointed && pointed.x === x && pointed.y === y) return;
    pointed = inside ? { x, y } : null;
    drawMain(it, page.position(wordAxis));
    drawReading(it);
  }
  for (const name of [".plain", ".raw", ".smooth"]) {
    find(name).addEventListener("pointermove", place);
    find(name).addEventListener("pointerleave", () => { pointed = null; draw(); });
  }
  find(".times").addEventListener("click", event => {
    const cell = event.target.at(event);
    if (cell) page.move(stepAxis, event.target.places[cell[1]]);
  });
  find(".grid").addEventListener("click", event => {
    const cell = event.target.at(event);
    if (!cell) return;
    page.move(layerAxis, cell[0]);
    page.move(headAxis, cell[1]);
  });
  find(".bar").style.background = gradient;
  let lastWidth = 0;
  new ResizeObserver(() => {
    if (element.clientWidth === lastWidth) return;
    lastWidth = element.clientWidth;
    draw();
  }).observe(element);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  page.onChange(draw);
  """#

/// The aggregates of the chosen word.
let aggregateScript = #"""
  const [wordAxis, scaleAxis, behindAxis] = data.axes;
  const figures = data.items.map(item => {
    const figure = document.createElement("figure");
    const frame = figure.appendChild(document.createElement("div"));
    frame.className = "frame pair";
    const [raw, over] = [0, 1].map(() => frame.appendChild(document.createElement("canvas")));
    const caption = figure.appendChild(document.createElement("figcaption"));
    const [title, recipe, range] = ["b", "span", "span"].map(tag =>
      caption.appendChild(document.createElement(tag)));
    title.textContent = item.title;
    recipe.textContent = item.recipe;
    recipe.className = "note";
    range.className = "note range";
    element.querySelector(".aggregates").append(figure);
    return { raw, over, range };
  });
  const maps = data.items.map(item => item.maps.map(text => text && bytesOf(text)));

  function draw() {
    const word = page.position(wordAxis), isShared = page.position(scaleAxis) === 1;
    const under = page.position(behindAxis) === 2 ? null : grey(0, draw);
    data.items.forEach((item, i) => {
      const { raw, over, range } = figures[i], bytes = maps[i][word];
      raw.hidden = over.hidden = !bytes;
      if (!bytes) return void (range.textContent = "this method drops it");
      const [low, high] = item.ranges[word];
      const values = Float32Array.from(bytes, byte => low + (high - low) * byte / 255);
      const held = item.ranges.filter((_, c) => maps[i][c]);
      const span = isShared
        ? [Math.min(...held.map(r => r[0])), Math.max(...held.map(r => r[1]))] : [low, high];
      const factor = Math.max(Math.floor(192 / Math.max(item.width, item.height)), 1);
      raw.width = item.width * factor;
      raw.height = item.height * factor;
      const pen = raw.getContext("2d");
      pen.imageSmoothingEnabled = false;
      pen.drawImage(painted(values, item.width, item.height, span), 0, 0, raw.width, raw.height);
      overlay(over, values, item.width, item.height, span, under);
      range.textContent = `colours ${short(span[0])} to ${short(span[1])}`;
    });
  }
  page.onChange(draw);
  """#

let mapStyle = """
  .attention .views { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(14rem, 100%), 1fr)); }
  .attention canvas { display: block; }
  .attention .views canvas { width: 100%; cursor: crosshair; touch-action: pan-y; }
  .attention .gallery { display: grid; gap: 0.4rem; grid-template-columns: repeat(auto-fill, minmax(5.5rem, 1fr)); }
  .attention .gallery button { border: 0; padding: 2px; font-size: 0.85rem; overflow: hidden; }
  .attention .gallery canvas { width: 100%; image-rendering: pixelated; }
  .attention .gallery [aria-pressed=true] { outline: 3px solid var(--focus); }
  .attention .raw { image-rendering: pixelated; }
  .attention .prompt { max-width: none; font-size: 1.15rem; }
  .attention .prompt button { border: 0; border-bottom: 3px solid transparent; border-radius: 4px 4px 0 0;
    padding: 0.1rem 0.35rem; background: color-mix(in srgb, var(--condition) var(--share, 0%), transparent); }
  .attention .prompt button:not(.word) { color: var(--quiet); font-size: 0.85em; }
  .attention .prompt button[aria-pressed=true] { border-color: var(--focus); font-weight: 600; }
  .attention .spot { color: var(--quiet); margin: 0; min-height: 1.5em; }
  .attention .sum { color: var(--quiet); text-align: right; margin: 0; font-variant-numeric: tabular-nums; }
  .attention .ranked { list-style: none; margin: 0; padding: 0; max-height: 20rem; overflow-y: auto; }
  .attention .ranked li { position: relative; display: flex; justify-content: space-between; padding: 0 0.35rem;
    cursor: pointer; line-height: 1.5; }
  .attention .ranked i { position: absolute; left: 0; top: 2px; bottom: 2px; z-index: -1; opacity: 0.28;
    background: var(--condition); }
  .attention .ranked li:not(.word) i { background: var(--neutral); }
  .attention .ranked b { font-weight: 500; font-variant-numeric: tabular-nums; }
  .attention .reading-side { position: relative; z-index: 0; }
  .attention .scale { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; max-width: none;
    font-variant-numeric: tabular-nums; }
  .attention .scale .bar { width: 12rem; height: 0.8rem; }
  .attention .mass { display: inline-block; min-width: 7ch; }
  .attention .times, .attention .grid { cursor: pointer; margin-top: 0.75rem; }
  .attention figure.cells { overflow-x: auto; }
  .aggregates { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)); }
  .aggregates .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 3px; max-width: none; }
  .aggregates canvas { width: 100%; display: block; }
  .aggregates canvas[hidden] { display: none; }
  .aggregates canvas:first-child { image-rendering: pixelated; }
  .aggregates figcaption b { display: block; }
  """
