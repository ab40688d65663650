import Foundation
import Tracing

/// A square that follows the pointer over the picture, and the same place in every reconstruction at
/// once, pixel by pixel, with the PSNR there beside that of the whole picture.
struct LoupePanel: Panel {
  /// One reconstruction.
  struct Item {
    let name: String
    /// Pictures of one f stand below each other.
    let factor: Int
    /// Of the whole picture, in dB.
    let psnr: Double
    let picture: Picture
    /// On the page's axis of models; nil for baselines.
    var position: Int?
  }

  /// What stands in one row.
  struct Group {
    let title: String
    let items: [Item]
  }

  private struct Entry: Encodable {
    let name: String
    let group: String
    /// From 2 on; the original stands in the first column.
    let column: Int
    /// PSNR of the whole picture, as text.
    let psnr: String
    /// Among the panel's pictures; the first is the original.
    let picture: Int
    let position: Int?
  }

  private struct Contents: Encodable {
    let axis: String
    let width: Int
    let height: Int
    let sides: [Int]
    let start: Int
    let columns: Int
    let entries: [Entry]
  }

  private let panel: Custom

  /// - Parameter model: the axis that a click on a reconstruction moves.
  init(original: Picture, groups: [Group], model: Axis) {
    let shorter = min(original.width, original.height)
    let sides = [8, 16, 32, 64].filter { $0 < shorter }
    let factors = Array(Set(groups.flatMap { $0.items.map(\.factor) })).sorted()
    let items = groups.flatMap { group in group.items.map { (group.title, $0) } }
    panel = Custom(
      markup: """
        <style>\(HTML(markup: loupeStyle))</style>
        <div class="loupe"><div class="overview"><p class="lens" role="group" aria-label="Lens">\
        </p><div class="stage" tabindex="0" role="application" \
        aria-label="Picture: arrow keys move the lens"><canvas role="img" aria-label="Original">\
        </canvas><i></i></div><p class="place-of-lens"></p></div>\
        <div class="crops"></div></div>
        """,
      data: Contents(
        axis: model.name, width: original.width, height: original.height, sides: sides,
        start: sides.count > 2 ? 2 : max(sides.count - 1, 0), columns: factors.count + 1,
        entries: items.enumerated().map { index, entry in
          let (group, item) = entry
          return Entry(
            name: item.name, group: group,
            column: (factors.firstIndex(of: item.factor) ?? 0) + 2,
            psnr: NumberFormat.decimals(2).text(item.psnr), picture: index + 1,
            position: item.position)
        }),
      pictures: [original] + items.map(\.1.picture), axes: [model], script: loupeScript)
  }

  func html(_ rendering: inout Rendering) -> HTML { panel.html(&rendering) }
}

private let loupeStyle = """
  .loupe { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: start; }
  .loupe .overview { flex: 1 1 16rem; max-width: 26rem; position: sticky; top: 0.5rem; }
  .loupe .stage { position: relative; cursor: crosshair; touch-action: none; }
  .loupe .stage canvas { display: block; width: 100%; }
  .loupe .stage i {
    position: absolute; border: 2px solid #fff; outline: 1px solid #000; pointer-events: none;
  }
  .loupe .lens button { margin-right: 0.25rem; }
  .loupe .lens [aria-pressed=true] { background: var(--signal); color: var(--paper); }
  .loupe .crops { flex: 4 1 24rem; }
  .loupe .group {
    display: grid; gap: 0.75rem 0.5rem; grid-auto-flow: dense; margin: 0 0 1rem;
    grid-template-columns: repeat(var(--columns), minmax(0, 13rem));
  }
  .loupe .group h3 { grid-column: 1 / -1; margin: 0; font-size: 0.92rem; }
  .loupe .group figure { grid-column: var(--column); overflow-wrap: anywhere; }
  @media (max-width: 40rem) {
    .loupe .group { grid-template-columns: repeat(auto-fill, minmax(5.5rem, 1fr)); }
    .loupe .group figure { grid-column: auto; }
  }
  .loupe .crops canvas { display: block; width: 100%; image-rendering: pixelated; }
  .loupe .crops [data-position] { cursor: pointer; }
  .loupe .crops .current { outline: 3px solid var(--focus); outline-offset: 2px; }
  .loupe .crops figcaption {
    font-size: 0.8rem; line-height: 1.35; font-variant-numeric: tabular-nums;
  }
  .loupe .crops span { color: var(--quiet); display: block; }
  .loupe .place-of-lens { color: var(--quiet); font-size: 0.85rem; }
  """

/// Holds every picture's pixels, and draws the square under the lens of each.
private let loupeScript = #"""
  const { width, height, entries, sides } = data;
  const stage = element.querySelector(".stage"), frame = stage.querySelector("i");
  const overview = stage.querySelector("canvas"), crops = element.querySelector(".crops");
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
    [stage.dataset.x, stage.dataset.y] = [left, top_];
    draw();
  }

  stage.addEventListener("pointermove", event => {
    const box = overview.getBoundingClientRect(), [w, h] = size();
    place_(
      (event.clientX - box.left) / box.width * width - w / 2,
      (event.clientY - box.top) / box.height * height - h / 2);
  });
  stage.addEventListener("keydown", event => {
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
  """#
