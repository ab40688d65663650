// Holds every picture's pixels, and draws the square under the lens of each.
const { width, height, entries, sides } = data;
const original = element.querySelector(".under-lens"), frame = original.querySelector("i");
const overview = original.querySelector("canvas"), crops = element.querySelector(".crops");
const lens = element.querySelector(".lens"), place = element.querySelector(".place-of-lens");
overview.width = width;
overview.height = height;
let side = sides[data.start] || 0, left = 0, top_ = 0, pixels = [];

const choices = [...sides, 0].map(value => {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = value ? `${value} px` : "whole";
  button.dataset.side = value;
  button.addEventListener("click", () => { side = value; place_(left, top_); });
  lens.append(button);
  return button;
});

const groups = new Map();
function group(title) {
  if (groups.has(title)) return groups.get(title);
  const box = document.createElement("div"), heading = document.createElement("h3");
  box.className = "group";
  box.style.setProperty("--columns", data.columns);
  heading.textContent = title;
  box.append(heading);
  crops.append(box);
  groups.set(title, box);
  return box;
}

const first = { name: "original", psnr: "", picture: 0, column: 1, position: null };
const figures = [{ ...first, group: entries.length ? entries[0].group : "" }, ...entries]
  .map(entry => {
    const figure = document.createElement("figure"), canvas = document.createElement("canvas");
    const caption = document.createElement("figcaption"), name = document.createElement("b");
    const whole = document.createElement("span"), here = document.createElement("span");
    name.textContent = entry.name;
    whole.className = "whole";
    here.className = "here";
    whole.textContent = entry.psnr ? `whole ${entry.psnr} dB` : "\u00a0";
    caption.append(name, whole, here);
    figure.append(canvas, caption);
    figure.dataset.name = entry.name;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", entry.name + " under the lens");
    if (entry.position != null) {
      figure.dataset.position = entry.position;
      figure.addEventListener("click", () => page.move(data.axis, entry.position));
    }
    figure.style.setProperty("--column", entry.column);
    group(entry.group).append(figure);
    return { figure, canvas, here, entry };
  });

async function load(number) {
  const image = new Image();
  image.src = page.picture(number);
  await image.decode();
  const pen = Object.assign(document.createElement("canvas"), { width, height })
    .getContext("2d", { willReadFrequently: true });
  pen.drawImage(image, 0, 0);
  return pen.getImageData(0, 0, width, height);
}

function size() {
  return side ? [Math.min(side, width), Math.min(side, height)] : [width, height];
}

// 10 log10(255² / mean squared error) over the lens.
function psnr(a, b, [w, h]) {
  let sum = 0;
  for (let y = top_; y < top_ + h; y += 1) {
    for (let x = left; x < left + w; x += 1) {
      const i = 4 * (y * width + x);
      for (let c = 0; c < 3; c += 1) sum += (a.data[i + c] - b.data[i + c]) ** 2;
    }
  }
  return sum ? 10 * Math.log10(255 * 255 * 3 * w * h / sum) : Infinity;
}

function draw() {
  if (!pixels.length) return;
  const [w, h] = size();
  frame.style.cssText = `left:${100 * left / width}%;top:${100 * top_ / height}%;`
    + `width:${100 * w / width}%;height:${100 * h / height}%`;
  place.textContent = `(${left}, ${top_}), ${w}\u202f×\u202f${h} pixels`;
  for (const button of choices) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.side) === side));
  }
  figures.forEach(({ canvas, here, entry }, index) => {
    canvas.width = w;
    canvas.height = h;
    canvas.getContext("2d").putImageData(pixels[index], -left, -top_);
    if (!index) { here.textContent = "\u00a0"; return; }
    const value = psnr(pixels[0], pixels[index], [w, h]);
    here.dataset.psnr = value;
    here.textContent = `here ${Number.isFinite(value) ? value.toFixed(2) : "∞"} dB`;
  });
}

function place_(x, y) {
  const [w, h] = size();
  left = Math.round(Math.min(Math.max(x, 0), width - w));
  top_ = Math.round(Math.min(Math.max(y, 0), height - h));
  [original.dataset.x, original.dataset.y] = [left, top_];
  draw();
}

original.addEventListener("pointermove", event => {
  const box = overview.getBoundingClientRect(), [w, h] = size();
  place_(
    (event.clientX - box.left) / box.width * width - w / 2,
    (event.clientY - box.top) / box.height * height - h / 2);
});
original.addEventListener("keydown", event => {
  const [dx, dy] = {
    ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
  }[event.key] || [0, 0];
  if (!dx && !dy) return;
  event.preventDefault();
  event.stopPropagation();
  const far = event.shiftKey ? 8 : 1;
  place_(left + far * dx, top_ + far * dy);
});

Promise.all(figures.map(({ entry }) => load(entry.picture))).then(found => {
  pixels = found;
  overview.getContext("2d").putImageData(pixels[0], 0, 0);
  const [w, h] = size();
  place_((width - w) / 2, (height - h) / 2);
  element.dataset.ready = "true";
});
page.onChange(() => {
  const position = page.position(data.axis);
  for (const { figure, entry } of figures) {
    figure.classList.toggle("current", entry.position === position);
  }
});
