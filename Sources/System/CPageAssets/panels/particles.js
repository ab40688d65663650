// Draws density, score and particles at the current timestep, and walks between two of them.
const canvas = element.querySelector("canvas"), pen = canvas.getContext("2d");
const reading = element.querySelector(".reading"), { frames, reach, cells, arrows, particles } = data;
const [worldAxis, samplerAxis, stepsAxis, timeAxis] = data.axes;
const isStill = matchMedia("(prefers-reduced-motion: reduce)");
const walkOf = ({ t, points }) => ({ t, points: new Int16Array(bytesOf(points).buffer) });
const worlds = data.worlds.map(world => ({
  density: bytesOf(world.density), score: new Int8Array(bytesOf(world.score).buffer),
  exact: walkOf(world.exact), walks: world.walks.map(row => row.map(walkOf)),
}));
const color = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const ground = Object.assign(document.createElement("canvas"), { width: cells, height: cells });

// Where the picture is between two frames, and the motion that brings it to where the reader went.
let shown = page.position(timeAxis), motion = null;

// The timestep at a place between two frames.
function timestep(place) {
  const i = Math.min(Math.floor(place), frames.length - 1), next = Math.min(i + 1, frames.length - 1);
  return frames[i] + (place - i) * (frames[next] - frames[i]);
}

// A particle of a walk at a timestep: a straight line between two of its points.
function point(walk, particle, t, i) {
  const last = walk.t.length - 1, j = Math.min(i + 1, last);
  const span = walk.t[i] - walk.t[j], part = span > 0 ? (walk.t[i] - t) / span : 1;
  const at = (k, c) => walk.points[2 * (k * particles + particle) + c] / 32767 * reach;
  return [0, 1].map(c => at(i, c) + part * (at(j, c) - at(i, c)));
}

// The last point of a walk that is not behind the timestep.
function index(walk, t) {
  let i = 0;
  while (i + 1 < walk.t.length - 1 && walk.t[i + 1] >= t) i += 1;
  return i;
}

const side = () => canvas.width / (devicePixelRatio || 1);
const spot = ([x, y]) => [(x / reach + 1) / 2 * side(), (1 - y / reach) / 2 * side()];

function drawDensity(world, place) {
  const image = ground.getContext("2d").createImageData(cells, cells);
  const i = Math.min(Math.floor(place), frames.length - 1), j = Math.min(i + 1, frames.length - 1);
  const probe = color("--signal").match(/[0-9a-f]{2}/gi) || ["00", "68", "b5"];
  const [red, green, blue] = probe.map(part => parseInt(part, 16));
  for (let y = 0; y < cells; y += 1) for (let x = 0; x < cells; x += 1) {
    const k = y * cells + x, o = 4 * ((cells - 1 - y) * cells + x);
    const [a, b] = [world.density[i * cells * cells + k], world.density[j * cells * cells + k]];
    image.data.set([red, green, blue, 0.75 * (a + (place - i) * (b - a))], o);
  }
  ground.getContext("2d").putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = true;
  pen.drawImage(ground, 0, 0, side(), side());
}

function drawScore(world, place) {
  const frame = Math.round(place), cell = 2 * reach / arrows;
  pen.strokeStyle = color("--quiet");
  pen.lineWidth = 1;
  pen.beginPath();
  for (let y = 0; y < arrows; y += 1) for (let x = 0; x < arrows; x += 1) {
    const k = 2 * ((frame * arrows + y) * arrows + x);
    const v = [world.score[k] / 127, world.score[k + 1] / 127], size = Math.hypot(...v);
    if (size < 0.02) continue;
    // The root lets short ones be seen beside long ones.
    const length = 0.8 * cell * Math.sqrt(size) / size;
    const tail = [(x + 0.5) * cell - reach, (y + 0.5) * cell - reach];
    const tip = tail.map((value, c) => value + length * v[c]);
    const [ax, ay] = spot(tail), [bx, by] = spot(tip), turn = Math.atan2(by - ay, bx - ax);
    pen.moveTo(ax, ay);
    pen.lineTo(bx, by);
    for (const way of [-1, 1]) {
      pen.moveTo(bx, by);
      pen.lineTo(bx - 4 * Math.cos(turn + way * 0.5), by - 4 * Math.sin(turn + way * 0.5));
    }
  }
  pen.stroke();
}
// The way of each particle so far, and where it is.
function drawWalk(walk, exact, t, stroke, width) {
  const began = t <= walk.t[0], source = began ? walk : exact, i = index(source, t), here = [];
  pen.strokeStyle = pen.fillStyle = stroke;
  pen.lineWidth = width;
  pen.beginPath();
  for (let p = 0; p < particles; p += 1) {
    const now = point(source, p, t, i);
    here.push(now);
    for (let k = 0; k <= i; k += 1) {
      const [x, y] = spot(point(source, p, source.t[k], k));
      k ? pen.lineTo(x, y) : pen.moveTo(x, y);
    }
    pen.lineTo(...spot(now));
  }
  pen.globalAlpha = 0.35;
  pen.stroke();
  pen.globalAlpha = 1;
  return here;
}

function draw() {
  const width = element.clientWidth, ratio = devicePixelRatio || 1;
  if (!width) return;
  const size = Math.round(Math.min(width, 640) * ratio);
  if (canvas.width !== size) canvas.width = canvas.height = size;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, size, size);
  const world = worlds[page.position(worldAxis)], t = timestep(shown);
  const walk = world.walks[page.position(samplerAxis)][page.position(stepsAxis)];
  drawDensity(world, shown);
  drawScore(world, shown);
  const truth = drawWalk(world.exact, world.exact, t, color("--neutral"), 1);
  const here = drawWalk(walk, world.exact, t, color("--noise"), 1.5);
  truth.forEach(at => {
    pen.strokeStyle = color("--ink");
    pen.beginPath();
    pen.arc(...spot(at), 5, 0, 2 * Math.PI);
    pen.stroke();
  });
  here.forEach(at => {
    pen.fillStyle = color("--noise");
    pen.beginPath();
    pen.arc(...spot(at), 3, 0, 2 * Math.PI);
    pen.fill();
  });
  const apart = here.map((at, p) => Math.hypot(at[0] - truth[p][0], at[1] - truth[p][1])).sort((a, b) => a - b);
  reading.textContent = `median distance ${numeral(apart[particles >> 1], 3)}`;
  element.dataset.ready = "true";
  element.dataset.distance = apart[particles >> 1];
}

// One frame of the motion, as often as the screen shows one.
function walkOn(now) {
  if (!motion) return;
  motion.start ??= now;
  const part = Math.min((now - motion.start) / motion.duration, 1);
  shown = motion.from + part * (motion.to - motion.from);
  element.dataset.drawn = Number(element.dataset.drawn || 0) + 1;
  draw();
  if (part < 1) return void requestAnimationFrame(walkOn);
  motion = null;
  settle();
}

function settle() { element.dataset.settled = shown; }

function goOn() {
  const to = page.position(timeAxis);
  if (isStill.matches || Math.abs(to - shown) > frames.length / 2) {
    [shown, motion] = [to, null];
    draw();
    return settle();
  }
  if (to === (motion ? motion.to : shown)) return draw();
  const isWalking = motion !== null;
  motion = { from: shown, to, duration: 190 * Math.min(Math.max(Math.abs(to - shown), 1), 3) };
  if (!isWalking) requestAnimationFrame(walkOn);
}

new ResizeObserver(draw).observe(element);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
page.onChange(goOn);
