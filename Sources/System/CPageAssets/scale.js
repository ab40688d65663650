// The part of a page's script that lays the axes of charts: their ranges, and the values worth a tick.

const innerOf = scale => scale.kind === "linear" ? value => value : Math.log10;
const outerOf = scale => scale.kind === "linear" ? value => value : value => 10 ** value;

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
    const half = Math.min(1, Math.abs(low)) || 1;
    return scale.kind !== "linear" ? [low / 10, high * 10] : [low - half, high + half];
  }
  return [low, high];
}

// The distance between neighbouring bars, as the axis measures it.
function barGap(scale, lists) {
  const gaps = lists.flat().flatMap(list => {
    const places = list.filter(value => value != null).map(innerOf(scale)).sort((a, b) => a - b);
    return places.slice(1).map((place, i) => place - places[i]).filter(gap => gap > 0);
  });
  return gaps.reduce((a, b) => Math.min(a, b), Infinity);
}

// A range with room for the whole of the first and of the last bar.
function roomForBars(scale, range, lists) {
  const gap = barGap(scale, lists), places = lists.flat(2).filter(value => value != null).map(innerOf(scale));
  if (!Number.isFinite(gap)) return range;
  const [low, high] = places.reduce(([a, b], place) => [Math.min(a, place), Math.max(b, place)],
    [Infinity, -Infinity]);
  const outer = outerOf(scale);
  return [Math.min(range[0], outer(low - gap / 2)), Math.max(range[1], outer(high + gap / 2))];
}

// Steps of 1, 2 or 5 times a power of ten as there is room for, and so fine that two ticks are there at
// least; where only whole numbers have a meaning, no finer than 1.
function evenTicks(least, most, count, isWhole) {
  const rough = (most - least) / count, power = 10 ** Math.floor(Math.log10(rough));
  const marks = step => {
    const first = Math.ceil(least / step - 1e-9), last = Math.floor(most / step + 1e-9);
    return Array.from({ length: Math.max(last - first + 1, 0) }, (_, i) => (first + i) * step);
  };
  const nice = [0.1, 0.2, 0.5, 1, 2, 5, 10].map(n => n * power);
  const roomy = nice.findIndex(step => step >= rough * 0.999);
  const fine = nice.slice(0, roomy + 1).reverse().find(step => marks(step).length > 1);
  const step = isWhole ? Math.max(fine, 1) : fine;
  const decimals = Math.max(-Math.floor(Math.log10(step) + 1e-9), 0);
  const size = Math.floor(Math.log10(Math.max(Math.abs(least), Math.abs(most))));
  return marks(step).map(value => {
    if (Math.abs(value) >= 1e6) return [value, numeral(value, 2)];
    if (value === 0) return [value, (0).toFixed(decimals > 5 ? 0 : decimals)];
    const text = decimals > 5 && size < -2
      ? (value / 10 ** size).toFixed(clamp(decimals + size, 0, 8)) + "·10" + superscript(size)
      : value.toFixed(clamp(decimals, 0, 8));
    return [value, text.replace("-", "−")];
  });
}

// Powers of ten; within two decades 2 and 5 times these as well, and even steps where that is one or none.
function logTicks(least, most, count, isWhole) {
  const low = Math.log10(least), high = Math.log10(most);
  const powers = every => {
    const first = Math.ceil((low - 1e-9) / every), last = Math.floor((high + 1e-9) / every);
    return Array.from({ length: Math.max(last - first + 1, 0) }, (_, i) => (first + i) * every);
  };
  let every = Math.max(Math.ceil((high - low) / count), 1);
  while (every > 1 && powers(every).length < 2) every -= 1;
  const ticks = powers(every).map(p => [10 ** p, p >= -2 && p <= 3 ? String(10 ** p) : "10" + superscript(p)]);
  for (let p = Math.floor(low); high - low < 2 && p <= high; p += 1) {
    for (const n of [2, 5]) {
      const place = p + Math.log10(n), isPlain = p >= -2 && p <= 2;
      if (place < low || place > high) continue;
      ticks.push([n * 10 ** p, isPlain ? String(Number((n * 10 ** p).toPrecision(1))) : n + "·10" + superscript(p)]);
    }
  }
  return ticks.length > 1 ? ticks : evenTicks(least, most, count, isWhole);
}

// Powers of two, as many as there is room for.
function doublingTicks(least, most, length) {
  const [first, last] = [least, most].map(Math.log2);
  const every = Math.max(Math.ceil((last - first) * 30 / length), 1), ticks = [];
  for (let p = Math.ceil(first - 1e-9); p <= last + 1e-9; p += every) ticks.push([2 ** p, String(2 ** p)]);
  return ticks.length > 1 ? ticks : evenTicks(least, most, Math.max(length / 76, 1));
}

// Maps values to pixels and back, and names the values worth a tick: one for each `room` pixels at most.
function scaleOver(scale, [low, high], from, to, room, isWhole = false) {
  const inner = innerOf(scale), outer = outerOf(scale), length = Math.abs(to - from);
  const [a, b] = scale.reversed ? [inner(high), inner(low)] : [inner(low), inner(high)];
  const pixel = value => from + (inner(value) - a) / (b - a) * (to - from);
  const value = pixel => outer(a + (pixel - from) / (to - from) * (b - a));
  const count = Math.max(length / room, 1);
  const ticks = {
    log2: () => doublingTicks(low, high, length), log: () => logTicks(low, high, count, isWhole),
    linear: () => evenTicks(low, high, count, isWhole),
  }[scale.kind]();
  return { pixel, value, ticks };
}
