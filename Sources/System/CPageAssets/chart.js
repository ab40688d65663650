// The part of a page's script that draws charts.
function svg(name, attributes, parent) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (parent) parent.appendChild(element);
  return element;
}

// The range that the data of one direction needs, over all positions, so that nothing jumps.
function extent(scale, lists) {
  if (scale.range) return scale.range;
  let low = Infinity, high = -Infinity;
  for (const value of lists.flat(2)) {
    if (value == null || (scale.kind !== "linear" && value <= 0)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return scale.kind !== "linear" ? [0.1, 1] : [0, 1];
  if (low === high) {
    return scale.kind !== "linear" ? [low / 10, high * 10] : [low - 1, high + 1];
  }
  return [low, high];
}

// Maps values to pixels and back, and names the values worth a tick.
function scaleOver(scale, [low, high], from, to, room) {
  const isLog = scale.kind !== "linear";
  const inner = value => isLog ? Math.log10(value) : value;
  const [a, b] = scale.reversed ? [inner(high), inner(low)] : [inner(low), inner(high)];
  const pixel = value => from + (inner(value) - a) / (b - a) * (to - from);
  const value = pixel => {
    const v = a + (pixel - from) / (to - from) * (b - a);
    return isLog ? 10 ** v : v;
  };
  const count = Math.max(Math.abs(to - from) / room, 1);
  const ticks = [];
  const least = Math.min(a, b), most = Math.max(a, b);
  if (scale.kind === "log2") {
    const [first, last] = [least, most].map(end => end / Math.log10(2));
    const every = Math.max(Math.ceil((last - first) * 30 / Math.abs(to - from)), 1);
    for (let p = Math.ceil(first - 1e-9); p <= last + 1e-9; p += every) ticks.push([2 ** p, String(2 ** p)]);
  } else if (isLog) {
    const every = Math.max(Math.ceil((most - least) / count), 1);
    for (let p = Math.ceil(least - 1e-9); p <= most + 1e-9; p += 1) {
      if (p % every === 0) ticks.push([10 ** p, p >= -2 && p <= 3 ? String(10 ** p) : "10" + superscript(p)]);
    }
    // Less than two decades have powers of ten too few to read off.
    for (let p = Math.floor(least); most - least < 2 && p <= most; p += 1) {
      for (const n of [2, 5]) {
        const place = p + Math.log10(n), isPlain = p >= -2 && p <= 2;
        if (place < least || place > most) continue;
        ticks.push([n * 10 ** p, isPlain ? String(Number((n * 10 ** p).toPrecision(1))) : n + "·10" + superscript(p)]);
      }
    }
  } else {
    const rough = (most - least) / count, power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find(n => n * power >= rough * 0.999);
    const decimals = clamp(-Math.floor(Math.log10(step) + 1e-9), 0, 8);
    for (let i = Math.ceil(least / step - 1e-9); i * step <= most + step * 1e-9; i += 1) {
      const v = i * step;
      ticks.push([v, Math.abs(v) >= 1e6 ? numeral(v, 2) : v.toFixed(decimals).replace("-", "−")]);
    }
  }
  return { pixel, value, ticks };
}

function chart(figure, spec) {
  const plot = figure.querySelector(".plot");
  const items = all(".legend li", figure);
  const { curves, markers } = spec;
  const xRange = extent(spec.x, curves.map(curve => curve.x.values));
  const yRange = extent(spec.y, curves.map(curve => curve.y.values));
  // Pixels of the chart's own; they grow with the reader's type.
  let x, y, width, height, unit, moving, hoverX = null;

  function draw() {
    unit = typeSize();
    width = plot.clientWidth / unit;
    if (!width) return;
    height = spec.square ? Math.min(width, 420) : clamp(width * 0.55, 180, 320);
    if (plot.closest(".stage")) height = Math.max(plot.clientHeight / unit, 120);
    const bottom = height - 24;
    y = scaleOver(spec.y, yRange, bottom - 4, 8, 42);
    const left = 12 + 6.6 * Math.max(...y.ticks.map(([, label]) => label.length), 1);
    x = scaleOver(spec.x, xRange, left + 6, width - 8, 76);
    const root = svg("svg", {
      width: width * unit, height: height * unit, viewBox: `0 0 ${width} ${height}`, role: "img",
      "aria-label": spec.title,
    });
    for (const [value, label] of y.ticks) {
      const at = y.pixel(value);
      svg("line", { class: "rule", x1: left, x2: width - 2, y1: at, y2: at }, root);
      svg("text", { x: left - 6, y: at + 4, "text-anchor": "end" }, root).textContent = label;
    }
    for (const [value, label] of x.ticks) {
      const at = x.pixel(value);
      svg("line", { class: "tick", x1: at, x2: at, y1: bottom, y2: bottom + 4 }, root);
      const text = svg("text", { x: at, y: bottom + 18, "text-anchor": "middle" }, root);
      text.textContent = label;
      if (at + label.length * 4 > width) text.setAttribute("text-anchor", "end");
    }
    svg("line", { class: "axis", x1: left, x2: width - 2, y1: bottom, y2: bottom }, root);
    const body = svg("svg", { x: left, y: 0, width: width - left, height: bottom }, root);
    const shift = svg("g", { transform: `translate(${-left} 0)` }, body);
    for (const marker of markers) drawMarker(marker, shift, left, bottom);
    curves.forEach(curve => drawCurve(curve, shift, bottom));
    if (curves.length && !shift.querySelector(".curve path:not([d=\"\"]), .curve circle, .curve rect")) {
      svg("text", { class: "empty", x: (left + width) / 2, y: bottom / 2, "text-anchor": "middle" }, shift)
        .textContent = "nothing to draw for this choice";
    }
    drawNames(shift, left, bottom);
    moving = svg("g", { class: "moving" }, root);
    moving.bottom = bottom;
    plot.replaceChildren(root);
    drawCursor();
  }

  function drawMarker({ label, direction, idea, from, to }, parent, left, bottom) {
    const scale = direction === "x" ? x : y;
    const value = current(from.axes, from.values);
    if (value == null) return;
    const a = scale.pixel(value), group = svg("g", { class: "marker", "data-idea": idea }, parent);
    let labelAt = a;
    if (to) {
      const b = scale.pixel(current(to.axes, to.values));
      svg("rect", { x: Math.min(a, b), y: 0, width: Math.abs(b - a), height: bottom }, group);
      labelAt = Math.min(a, b);
    } else if (direction === "x") {
      svg("line", { x1: a, x2: a, y1: 0, y2: bottom }, group);
    } else {
      svg("line", { x1: left, x2: width, y1: a, y2: a }, group);
    }
    const isLate = direction === "x" && labelAt > width * 0.7;
    const text = svg("text", direction === "x"
      ? { x: labelAt + (isLate ? -5 : 5), y: 16, "text-anchor": isLate ? "end" : "start" }
      : { x: width - 10, y: a - 5, "text-anchor": "end" }, group);
    text.textContent = label;
  }

  function drawCurve(curve, parent, bottom) {
    const xs = current(curve.x.axes, curve.x.values), ys = current(curve.y.axes, curve.y.values);
    const pale = curve.choice && positions[curve.choice[0]] !== curve.choice[1];
    const group = svg("g", {
      class: `curve ${curve.style}${pale ? " pale" : ""}`,
      "data-quantity": curve.quantity, "data-idea": curve.idea, ...look(curve),
    }, parent);
    const isDrawn = i => xs[i] != null && ys[i] != null
      && (spec.x.kind === "linear" || xs[i] > 0) && (spec.y.kind === "linear" || ys[i] > 0);
    if (curve.style === "points" || curve.style === "bars") {
      const gap = xs.length > 1 ? Math.abs(x.pixel(xs[1]) - x.pixel(xs[0])) : 20;
      xs.forEach((value, i) => {
        if (!isDrawn(i)) return;
        const at = x.pixel(value), top = y.pixel(ys[i]);
        if (curve.style === "points") return svg("circle", { cx: at, cy: top, r: 2.5 }, group);
        const base = spec.y.kind !== "linear" ? bottom : clamp(y.pixel(0), 0, bottom), w = gap * 0.8;
        svg("rect", {
          x: at - w / 2, width: w, y: Math.min(top, base), height: Math.abs(base - top),
        }, group);
      });
      return;
    }
    let path = "", isOpen = false, first = null, last = null;
    xs.forEach((value, i) => {
      if (!isDrawn(i)) { isOpen = false; return; }
      path += `${isOpen ? "L" : "M"}${x.pixel(value).toFixed(1)} ${y.pixel(ys[i]).toFixed(1)}`;
      isOpen = true;
      if (first === null) first = x.pixel(value);
      last = x.pixel(value);
    });
    if (curve.style === "area" && first !== null) {
      svg("path", { class: "fill", d: `${path}L${last} ${bottom}L${first} ${bottom}Z` }, group);
    }
    svg("path", { d: path }, group);
  }

  const look = curve => curve.series == null ? {} : { "data-series": curve.series };

  // The curves of a family have their names beside them, each where the others are far away.
  function drawNames(parent, left, bottom) {
    const family = curves.filter(curve => curve.series != null && curve.style === "line");
    if (family.length < 2) return;
    const lines = family.map(curve => {
      const xs = current(curve.x.axes, curve.x.values), ys = current(curve.y.axes, curve.y.values);
      return goal => {
        const k = nearest(xs, x.value(goal)), at = k < 0 || ys[k] == null ? NaN : y.pixel(ys[k]);
        return at > 0 && at < bottom ? at : NaN;
      };
    });
    const placed = [];
    family.forEach((curve, i) => {
      const half = curve.label.length * 3.4 + 4;
      let best = null, most = -Infinity;
      for (let at = left + half; at <= width - 4 - half; at += 6) {
        for (const side of [-7, 15]) {
          const base = lines[i](at) + side;
          if (!(base > 12 && base < bottom - 3)) continue;
          // How far the words are from every other curve, and from the words that stand already.
          let room = 40;
          for (const along of [at - half, at, at + half]) {
            lines.forEach((line, j) => {
              const away = Math.abs(line(along) - (base - 4));
              if (j !== i ? away < room : away < Math.min(room, 6)) room = away;
            });
          }
          for (const other of placed) {
            if (Math.abs(other.at - at) < other.half + half) room = Math.min(room, Math.abs(other.base - base) - 8);
          }
          if (room > most) [most, best] = [room, { at, base, half }];
        }
      }
      if (!best) return;
      placed.push(best);
      svg("text", {
        class: "name", x: best.at, y: best.base, "text-anchor": "middle", "data-idea": curve.idea, ...look(curve),
      }, parent).textContent = curve.label;
    });
  }

  function cursorX() {
    return spec.cursor == null ? null : book.axes[spec.cursor].values[positions[spec.cursor]];
  }

  // The cursor, its dots, and the values there in the legend; the pointer's own place goes first.
  function drawCursor() {
    if (!moving) return;
    moving.replaceChildren();
    const here = cursorX(), shown = hoverX ?? here;
    if (here != null) cursorLine("cursor", here);
    if (hoverX != null) cursorLine("hover", hoverX);
    curves.forEach((curve, i) => {
      const xs = current(curve.x.axes, curve.x.values), ys = current(curve.y.axes, curve.y.values);
      const k = shown == null || spec.square ? -1 : nearest(xs, shown);
      const value = k < 0 ? null : ys[k];
      items[i].querySelector("b").textContent = k < 0 ? "" : numeral(value);
      items[i].classList.toggle(
        "pale", Boolean(curve.choice) && positions[curve.choice[0]] !== curve.choice[1]);
      if (value == null || curve.style === "bars" || (spec.y.kind !== "linear" && value <= 0)) return;
      svg("circle", {
        class: "dot", cx: x.pixel(xs[k]), cy: y.pixel(value), r: 4, "data-idea": curve.idea, ...look(curve),
      }, moving);
    });
  }

  function cursorLine(name, value) {
    const at = x.pixel(value);
    if (!Number.isFinite(at)) return;
    svg("line", { class: name, x1: at, x2: at, y1: 4, y2: moving.bottom }, moving);
    if (name !== "hover") return;
    const anchor = at > width - 40 ? "end" : "middle";
    svg("text", { class: name, x: at, y: moving.bottom + 18, "text-anchor": anchor }, moving)
      .textContent = numeral(value);
  }

  function nearest(xs, value) {
    const goal = x.pixel(value);
    let best = -1, least = Infinity;
    xs.forEach((candidate, i) => {
      const distance = candidate == null ? Infinity : Math.abs(x.pixel(candidate) - goal);
      if (distance < least) [best, least] = [i, distance];
    });
    return best;
  }

  function pointed(event) {
    const box = plot.getBoundingClientRect();
    hoverX = null;
    if (event.type !== "pointerleave" && curves.length && !spec.square) {
      const xs = current(curves[0].x.axes, curves[0].x.values);
      const k = nearest(xs, x.value((event.clientX - box.left) / unit));
      if (k >= 0) hoverX = xs[k];
    }
    if (spec.cursor != null && (event.type === "pointerdown" || event.buttons & 1)) {
      const { values } = book.axes[spec.cursor];
      move(spec.cursor, nearest(values, x.value((event.clientX - box.left) / unit)));
    }
    drawCursor();
  }

  for (const type of ["pointermove", "pointerdown", "pointerleave"]) {
    plot.addEventListener(type, pointed);
  }
  // Where there is a cursor, the keys move it: by the timeline.
  if (spec.cursor == null && !spec.square) {
    plot.dataset.points = "";
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label", spec.title + ": the arrow keys point");
  }
  items.forEach((item, i) => {
    const { choice } = curves[i];
    if (choice) item.addEventListener("click", () => move(choice[0], choice[1]));
  });
  new ResizeObserver(draw).observe(plot);
  const varying = [...curves.flatMap(curve => [curve.x, curve.y]), ...markers.map(m => m.from)];
  const axes = new Set(varying.flatMap(({ axes }) => axes));
  for (const { choice } of curves) if (choice) axes.add(choice[0]);
  follow([...axes], draw);
  if (spec.cursor != null) follow([spec.cursor], drawCursor);
}
