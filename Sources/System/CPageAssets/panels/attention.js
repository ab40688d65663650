// The instrument itself.
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
    button.classList.toggle("beyond", it.mass[c] > most);
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
  // The words set the length of the bars, three quarters of the width for the longest: padding would leave
  // nothing of theirs. What is longer fills its row, and is hatched.
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
    const isBeyond = share > most;
    bar.style.width = `${(isBeyond ? 100 : share / most * 75).toFixed(1)}%`;
    bar.classList.toggle("beyond", isBeyond);
    value.textContent = share.toFixed(4);
    item.addEventListener("click", () => page.move(wordAxis, c));
    return item;
  }));
  find(".beyond-scale").hidden = !order.some(([share]) => share > most);
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
  find(".low").textContent = numeral(range[0], 3);
  find(".high").textContent = numeral(range[1], 3);
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
  table(find(".grid"), find(".cells").clientWidth, rows, columns, (i, j) => ({
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
