// Marks the stop where the reader is, and paints the cost that was chosen.
const drawing = element.querySelector("svg");
const boxes = [...drawing.querySelectorAll("rect")], arcs = [...drawing.querySelectorAll("path")];
boxes.forEach((box, index) => box.addEventListener("click", () => page.move(data.stop, index)));
page.onChange(() => {
  const at = page.position(data.stop), cost = page.position(data.cost);
  drawing.dataset.by = ["operations", "time", "parameters"][cost];
  element.querySelector(".cost b").textContent = data.most[cost];
  boxes.forEach((box, index) => box.classList.toggle("current", index === at));
  for (const arc of arcs) {
    arc.classList.toggle("current", [arc.dataset.from, arc.dataset.to].includes(String(at)));
  }
});
