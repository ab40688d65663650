// Draws the matrix of the current layer and head on a canvas.
const canvas = element.querySelector("canvas"), reading = element.querySelector(".reading");
const n = data.labels.length, [low, high] = data.range;
const layers = data.layers.map(text => text && new Uint16Array(bytesOf(text).buffer));
const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
let hover = null, size = 1, left = 0, top = 0;

const [tokenAxis, layerAxis, headAxis] = data.axes;
const layer = () => layers[page.position(layerAxis)];
const share = (i, j) => layer()[((headAxis ? page.position(headAxis) : 0) * n + i) * n + j] / 65535;
const isEmpty = (i, j) => data.isCausal && j > i;

function color(share) {
  const k = Math.round((data.isRooted ? Math.sqrt(share) : share) * 255);
  return "#" + data.colors.slice(6 * k, 6 * k + 6);
}

function drawScale() {
  const bar = document.createElement("i"), stops = [];
  for (let k = 0; k < 256; k += 15) stops.push("#" + data.colors.slice(6 * k, 6 * k + 6));
  bar.style.background = `linear-gradient(to right, ${stops.join()})`;
  const middle = low + (high - low) * (data.isRooted ? 0.25 : 0.5);
  const scale = element.querySelector(".scale");
  scale.append(low, bar, `${high} (middle ${middle})`);
}

function draw() {
  const width = element.clientWidth, ratio = devicePixelRatio || 1;
  if (!width) return;
  const [wash, quiet, lit] = ["--wash", "--quiet", "--condition"].map(style);
  const face = size => size + "px system-ui, sans-serif";
  const font = face(Math.max(Math.min(13, (width - 90) / n), 6));
  const pen = canvas.getContext("2d");
  pen.font = font;
  const longest = Math.max(...data.labels.map(label => pen.measureText(label).width));
  left = top = Math.min(longest, width / 3) + 8;
  size = (width - left - 2) / n;
  const height = top + size * n + 2;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.height = height + "px";
  pen.scale(ratio, ratio);
  pen.font = font;
  pen.textBaseline = "middle";
  const chosen = page.position(tokenAxis);
  for (let i = 0; i < n; i += 1) {
    pen.fillStyle = i === chosen || hover && hover.i === i ? lit : quiet;
    pen.textAlign = "right";
    pen.fillText(data.labels[i], left - 5, top + (i + 0.5) * size, left - 6);
    pen.fillStyle = i === chosen || hover && hover.j === i ? lit : quiet;
    pen.save();
    pen.translate(left + (i + 0.5) * size, top - 5);
    pen.rotate(-Math.PI / 2);
    pen.textAlign = "left";
    pen.fillText(data.labels[i], 0, 0, top - 6);
    pen.restore();
  }
  if (!layer()) {
    pen.fillStyle = quiet;
    pen.textAlign = "center";
    pen.font = face(15);
    pen.fillText(data.absence, left + size * n / 2, top + size * n / 2, size * n);
    return tell();
  }
  for (let i = 0; i < n; i += 1) for (let j = 0; j < n; j += 1) {
    pen.fillStyle = isEmpty(i, j) ? wash : color(share(i, j));
    pen.fillRect(left + j * size, top + i * size, size + 0.5, size + 0.5);
  }
  pen.strokeStyle = lit;
  pen.lineWidth = 2;
  pen.strokeRect(left, top + chosen * size, size * n, size);
  tell();
}

function tell() {
  if (!hover || !layer() || isEmpty(hover.i, hover.j)) return void (reading.textContent = "");
  reading.textContent = data.sentence.replace("{row}", data.labels[hover.i])
    .replace("{column}", data.labels[hover.j]) + " " + (low + (high - low) * share(hover.i, hover.j)).toFixed(3);
}

function place(event) {
  const box = canvas.getBoundingClientRect();
  const i = Math.floor((event.clientY - box.top - top) / size);
  const j = Math.floor((event.clientX - box.left - left) / size);
  return i >= 0 && i < n && j < n ? { i, j: Math.max(j, 0) } : null;
}
canvas.addEventListener("pointermove", event => { hover = place(event); draw(); });
canvas.addEventListener("pointerleave", () => { hover = null; draw(); });
canvas.addEventListener("click", event => {
  const at = place(event);
  if (at) page.move(tokenAxis, at.i);
});
drawScale();
new ResizeObserver(draw).observe(element);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
page.onChange(draw);
