const find = name => element.querySelector(name);
const layers = data.layers.map(layer =>
  ({ ...layer, rows: bytesOf(layer.rows), ranges: floatsOf(layer.ranges) }));
let pointed = [0.5, 0.5];

function draw() {
  const layer = layers[page.position(data.axis)], { width, height } = layer, n = width * height;
  const x = Math.min(Math.floor(pointed[0] * width), width - 1);
  const y = Math.min(Math.floor(pointed[1] * height), height - 1);
  const row = y * width + x, low = layer.ranges[2 * row], high = layer.ranges[2 * row + 1];
  const map = Float32Array.from(layer.rows.subarray(row * n, (row + 1) * n),
    byte => low + (high - low) * byte / 255);
  const factor = Math.max(Math.floor(256 / Math.max(width, height)), 1);
  const answers = find(".answers"), asks = find(".asks");
  answers.width = asks.width = width * factor;
  answers.height = asks.height = height * factor;
  const pen = answers.getContext("2d");
  pen.imageSmoothingEnabled = false;
  pen.drawImage(painted(map, width, height, [low, high]), 0, 0, answers.width, answers.height);
  const under = grey(0, draw), other = asks.getContext("2d");
  if (under) {
    const picture = document.createElement("canvas");
    picture.width = under.width;
    picture.height = under.height;
    const image = new ImageData(under.width, under.height);
    under.values.forEach((v, i) => image.data.set([v, v, v, 255], 4 * i));
    picture.getContext("2d").putImageData(image, 0, 0);
    other.drawImage(picture, 0, 0, asks.width, asks.height);
  }
  for (const p of [pen, other]) {
    p.strokeStyle = "#fff";
    p.lineWidth = 2;
    p.strokeRect(x * factor, y * factor, factor, factor);
  }
  find(".spot").textContent = `row ${y}, column ${x} of ${height}×${width} keeps ${numeral(map[row], 3)} for itself`;
  find(".range").textContent = `${numeral(low, 3)} to ${numeral(high, 3)}`;
}
for (const name of [".asks", ".answers"]) {
  find(name).addEventListener("pointermove", event => {
    const box = event.currentTarget.getBoundingClientRect();
    pointed = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]
      .map(share => Math.min(Math.max(share, 0), 0.9999));
    draw();
  });
}
page.onChange(draw);
