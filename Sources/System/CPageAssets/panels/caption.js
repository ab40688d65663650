// Draws the scene; what the lit word does not name is dimmed.
const canvas = element.querySelector("canvas"), words = element.querySelector(".words");
const pen = canvas.getContext("2d", { willReadFrequently: true }), size = data.size;
canvas.width = canvas.height = size;
let lit = null, held = null, shown = -1, picture = null, masks = [];

function pixels(image) {
  pen.clearRect(0, 0, size, size);
  pen.drawImage(image, 0, 0);
  return pen.getImageData(0, 0, size, size);
}

async function load(number) {
  const image = new Image();
  image.src = page.picture(number);
  await image.decode();
  return image;
}

function draw() {
  if (!picture) return;
  const mask = lit === null ? held : lit;
  const out = new ImageData(new Uint8ClampedArray(picture.data), size, size);
  if (mask !== null) for (let i = 0; i < size * size; i += 1) {
    const share = masks[mask].data[4 * i] / 255, light = 0.18 + 0.82 * share;
    for (let c = 0; c < 3; c += 1) out.data[4 * i + c] = out.data[4 * i + c] * light;
  }
  pen.putImageData(out, 0, 0);
  for (const button of words.querySelectorAll("button")) {
    const on = Number(button.dataset.mask) === mask;
    button.classList.toggle("lit", on);
    button.setAttribute("aria-pressed", String(on));
  }
}

function light(mask) { lit = mask; draw(); }

function write(scene) {
  words.replaceChildren();
  for (const word of scene.words) {
    const item = document.createElement(word.mask == null ? "span" : "button");
    item.textContent = word.text;
    if (word.mask != null) {
      item.type = "button";
      item.dataset.mask = word.mask;
      item.addEventListener("pointerenter", () => light(word.mask));
      item.addEventListener("pointerleave", () => light(null));
      item.addEventListener("focus", () => light(word.mask));
      item.addEventListener("blur", () => light(null));
      item.addEventListener("click", () => {
        held = held === word.mask ? null : word.mask;
        light(null);
      });
    }
    words.append(item, " ");
  }
  canvas.setAttribute("aria-label", scene.words.map(word => word.text).join(" "));
}

canvas.addEventListener("pointermove", event => {
  const box = canvas.getBoundingClientRect();
  const x = Math.floor((event.clientX - box.left) / box.width * size);
  const y = Math.floor((event.clientY - box.top) / box.height * size);
  let best = null, share = 64;
  masks.forEach((mask, index) => {
    const here = mask.data[4 * (y * size + x)];
    if (here > share) [best, share] = [index, here];
  });
  light(best);
});
canvas.addEventListener("pointerleave", () => light(null));

page.onChange(async () => {
  const position = page.position(data.axis), scene = data.scenes[position];
  if (position === shown) return;
  shown = position;
  lit = held = null;
  const images = await Promise.all([scene.picture, ...scene.masks].map(load));
  if (position !== shown) return;
  [picture, ...masks] = images.map(pixels);
  write(scene);
  draw();
});
