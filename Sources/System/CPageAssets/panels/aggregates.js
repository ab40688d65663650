// The aggregates of the chosen word.
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
    range.textContent = `colours ${numeral(span[0], 3)} to ${numeral(span[1], 3)}`;
  });
}
page.onChange(draw);
