// What the special instruments of this page share: colours, drawing.
const palette = [];
for (let k = 0; k < 256; k += 1) {
  const n = parseInt(data.colors.slice(6 * k, 6 * k + 6), 16);
  palette.push([n >> 16, n >> 8 & 255, n & 255]);
}
const gradient = "linear-gradient(to right, " + palette.filter((_, k) => k % 15 === 0)
  .map(c => `rgb(${c})`).join() + ")";
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
