// The part of a page's script that draws charts.
function svg(name, attributes, parent) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (parent) parent.appendChild(element);
  return element;
}

function chart(figure, spec) {
  const plot = figure.querySelector(".plot");
  const items = all(".legend [data-curve]", figure);
  const { curves, markers } = spec;
  const bars = curves.filter(curve => curve.style === "bars");
  const stops = spec.cursor == null ? [] : book.axes[spec.cursor].values;
  // What is marked in a chart lies in it, and so does every stop of its cursor.
  const marked = direction => markers.filter(marker => marker.direction === direction && !marker.to)
    .map(marker => marker.from.values);
  const xLists = curves.map(curve => curve.x.values);
  const xRange = roomForBars(
    spec.x, extent(spec.x, [...xLists, ...marked("x"), stops]), bars.map(curve => curve.x.values));
  const yRange = extent(spec.y, [
    ...curves.map(curve => curve.y.values), ...marked("y"), bars.length && spec.y.kind === "linear" ? [0] : [],
  ]);
  const isCounted = [...xLists.flat(2), ...stops].every(value => value == null || Number.isInteger(value));
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
    x = scaleOver(spec.x, xRange, left + 6, width - 8, 76, isCounted);
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
    moving = { bottom, lines: svg("g", { class: "moving" }, root) };
    // Words stand above every line, the cursor's too, and below its dots.
    drawLabels(svg("g", {}, root), { left, right: width - 4, bottom });
    moving.dots = svg("g", { class: "moving" }, root);
    plot.replaceChildren(root);
    drawCursor();
  }

  function drawMarker({ direction, idea, from, to }, parent, left, bottom) {
    const scale = direction === "x" ? x : y;
    const value = current(from.axes, from.values);
    if (value == null) return;
    const a = scale.pixel(value), group = svg("g", { class: "marker", "data-idea": idea }, parent);
    if (to) {
      const b = scale.pixel(current(to.axes, to.values));
      svg("rect", { x: Math.min(a, b), y: 0, width: Math.abs(b - a), height: bottom }, group);
    } else if (direction === "x") {
      svg("line", { x1: a, x2: a, y1: 0, y2: bottom }, group);
    } else {
      svg("line", { x1: left, x2: width, y1: a, y2: a }, group);
    }
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
    // A point without neighbours is no line: it would not be seen.
    const isAlone = i => isDrawn(i) && !isDrawn(i - 1) && !isDrawn(i + 1);
    if (curve.style === "points" || curve.style === "bars") {
      xs.forEach((value, i) => {
        if (!isDrawn(i)) return;
        const at = x.pixel(value), top = y.pixel(ys[i]);
        if (curve.style === "points") return svg("circle", { cx: at, cy: top, r: 2.5 }, group);
        const base = spec.y.kind !== "linear" ? bottom : clamp(y.pixel(0), 0, bottom), w = barWidth();
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
    xs.forEach((value, i) => {
      if (isAlone(i)) svg("circle", { cx: x.pixel(value), cy: y.pixel(ys[i]), r: 3.5 }, group);
    });
  }

  function barWidth() {
    const gap = barGap(spec.x, bars.map(curve => curve.x.values));
    if (!Number.isFinite(gap)) return 20;
    const inner = innerOf(spec.x), outer = outerOf(spec.x), from = inner(xRange[0]);
    return 0.8 * Math.abs(x.pixel(outer(from + gap)) - x.pixel(outer(from)));
  }

  // How high a curve lies above a place in pixels: joined, as it is drawn; NaN where it is not.
  function heights(curve) {
    const xs = current(curve.x.axes, curve.x.values), ys = current(curve.y.axes, curve.y.values);
    const points = xs.flatMap((value, i) => value == null || ys[i] == null ? [] : [[x.pixel(value), y.pixel(ys[i])]])
      .filter(point => point.every(Number.isFinite)).sort((a, b) => a[0] - b[0]);
    return at => {
      let before = 0, after = points.length - 1;
      if (after < 0 || at < points[0][0] || at > points[after][0]) return NaN;
      while (after - before > 1) {
        const middle = (before + after) >> 1;
        if (points[middle][0] < at) before = middle;
        else after = middle;
      }
      const [[ax, ay], [bx, by]] = [points[before], points[after]];
      return bx > ax ? ay + (at - ax) / (bx - ax) * (by - ay) : by;
    };
  }

  const look = curve => curve.series == null ? {} : { "data-series": curve.series };

  // Every label has a place where it covers no other one, and is far from the curves that it does not name;
  // without such a place the legend alone names a curve.
  function drawLabels(parent, box) {
    const placed = [], lines = curves.map(heights);
    const put = (place, attributes, label) => {
      placed.push(place);
      svg("text", { ...attributes, x: place.at, y: place.base, "text-anchor": "middle" }, parent)
        .textContent = label;
    };
    for (const marker of markers) {
      const place = marker.label && bestOf(markerPlaces(marker, box), placed, lines, null, box);
      if (place) put(place, { class: "marking", "data-idea": marker.idea }, marker.label);
    }
    const levels = markers.filter(marker => marker.direction === "y")
      .map(({ from }) => () => y.pixel(current(from.axes, from.values)));
    const isNamed = curve => curve.series != null && curve.style === "line";
    if (curves.filter(isNamed).length < 2) return;
    curves.forEach((curve, i) => {
      if (!isNamed(curve)) return;
      const place = bestOf(namePlaces(lines[i], curve.label, box), placed, [...lines, ...levels], i, box);
      if (place) put(place, { class: "name", "data-idea": curve.idea, ...look(curve) }, curve.label);
    });
  }

  // Beside a vertical line or within a band, from the top down; above or below a horizontal one.
  function markerPlaces({ label, direction, from, to }, { left, right, bottom }) {
    const scale = direction === "x" ? x : y, value = current(from.axes, from.values);
    const half = label.length * 3.4 + 4, places = [];
    if (value == null) return places;
    const ends = (to ? [value, current(to.axes, to.values)] : [value]).map(scale.pixel);
    const [a, b] = [Math.min(...ends), Math.max(...ends)];
    if (direction === "x") {
      const sides = [a + half, (to ? b : a) - half, clamp((a + b) / 2, left + half, right - half)];
      for (let base = 16; base < bottom - 6; base += 14) {
        sides.forEach((at, i) => places.push({ at, base, half, cost: base / 4 + i * i * 2 }));
      }
    } else {
      for (let at = right - half; at >= left + half; at -= 12) {
        for (const base of [a - 5, a + 14]) places.push({ at, base, half, cost: (right - at) / 40 });
      }
    }
    return places;
  }

  // Along a curve, where it is flat enough for words to stand just above or below it.
  function namePlaces(line, label, { left, right }) {
    const half = label.length * 3.4 + 4, places = [];
    for (let at = left + half; at <= right - half; at += 6) {
      const along = spanOver(at, half).map(line).filter(Number.isFinite);
      if (along.length < 8) continue;
      const [high, low] = [Math.min(...along), Math.max(...along)];
      for (const base of [high - 5, low + 14]) places.push({ at, base, half, cost: 2 * (low - high) });
    }
    return places;
  }

  const spanOver = (at, half) => [-4, -3, -2, -1, 0, 1, 2, 3, 4].map(quarter => at + quarter / 4 * half);

  // The place with most room for what it costs; null where a curve's name would stand on something else.
  function bestOf(places, placed, lines, own, { left, right, bottom }) {
    let best = null, most = -Infinity;
    for (const place of places) {
      const { at, base, half, cost } = place;
      if (base < 12 || base > bottom - 3 || at - half < left || at + half > right + 2) continue;
      const isTaken = placed.some(it =>
        Math.abs(it.at - at) < it.half + half && Math.abs(it.base - base) < 14);
      let room = isTaken ? -100 : 30;
      lines.forEach((line, j) => {
        if (j === own) return;
        for (const there of spanOver(at, half)) {
          const away = Math.abs(line(there) - (base - 4));
          if (away < room) room = away;
        }
      });
      if (own !== null && room < 8) continue;
      if (room - cost > most) [most, best] = [room - cost, place];
    }
    return best;
  }

  function cursorX() {
    if (spec.cursor == null) return null;
    const value = book.axes[spec.cursor].values[positions[spec.cursor]];
    return value >= xRange[0] && value <= xRange[1] ? value : null;
  }

  // The cursor, its dots, and the values there in the legend; the pointer's own place goes first.
  function drawCursor() {
    if (!moving) return;
    moving.lines.replaceChildren();
    moving.dots.replaceChildren();
    const here = cursorX(), shown = hoverX ?? here;
    if (here != null) cursorLine("cursor", here);
    if (hoverX != null) cursorLine("hover", hoverX);
    curves.forEach((curve, i) => {
      const xs = current(curve.x.axes, curve.x.values), ys = current(curve.y.axes, curve.y.values);
      const k = shown == null || spec.square ? -1 : nearest(xs, shown);
      const value = k < 0 ? null : ys[k];
      // A curve without a point at this x tells the nearest one, and where that is.
      const isElsewhere = value != null && Math.abs(x.pixel(xs[k]) - x.pixel(shown)) > 1;
      items[i].querySelector("b").textContent =
        k < 0 ? "" : numeral(value) + (isElsewhere ? ` at ${numeral(xs[k])}` : "");
      items[i].classList.toggle(
        "pale", Boolean(curve.choice) && positions[curve.choice[0]] !== curve.choice[1]);
      if (value == null || curve.style === "bars" || (spec.y.kind !== "linear" && value <= 0)) return;
      svg("circle", {
        class: "dot", cx: x.pixel(xs[k]), cy: y.pixel(value), r: 4, "data-idea": curve.idea, ...look(curve),
      }, moving.dots);
    });
  }

  function cursorLine(name, value) {
    const at = x.pixel(value);
    if (!Number.isFinite(at)) return;
    svg("line", { class: name, x1: at, x2: at, y1: 4, y2: moving.bottom }, moving.lines);
    if (name !== "hover") return;
    const anchor = at > width - 40 ? "end" : "middle";
    svg("text", { class: name, x: at, y: moving.bottom + 18, "text-anchor": anchor }, moving.lines)
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
