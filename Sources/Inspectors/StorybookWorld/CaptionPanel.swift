import Imaging
import Storybook
import Tensors
import Tracing

/// The current scene, large, with its caption below: pointing at a word lights up what it names, and
/// pointing into the picture the words that name it.
struct CaptionPanel: Panel {
  private struct Contents: Encodable {
    struct Word: Encodable {
      let text: String
      /// The mask that the word lights up, by its place among `masks`; nil for "a" and "the".
      let mask: Int?
    }

    struct Scene: Encodable {
      /// Places among the panel's pictures.
      let picture: Int
      let masks: [Int]
      let words: [Word]
    }

    let axis: String
    let size: Int
    let scenes: [Scene]
  }

  private let panel: Custom

  init(_ batch: SceneBatch, scene: Axis) {
    var pictures: [Picture] = []
    func add(_ image: Image) -> Int {
      pictures.append(Picture(png: PNG.data(of: image)))
      return pictures.count - 1
    }
    let scenes = batch.scenes.indices.map { i -> Contents.Scene in
      let caption = batch.captions[i]
      var subjects: [Caption.Subject] = []
      let words = caption.words.map { word -> Contents.Word in
        guard let subject = word.subject.map(Self.shown) else {
          return Contents.Word(text: word.text, mask: nil)
        }
        if !subjects.contains(subject) { subjects.append(subject) }
        return Contents.Word(text: word.text, mask: subjects.firstIndex(of: subject))
      }
      return Contents.Scene(
        picture: add(Image(batch.pictures.rows(i..<i + 1))),
        masks: subjects.map { add(batch.maskImage(of: $0, at: i)) }, words: words)
    }
    panel = Custom(
      markup: """
        <style>\(HTML(markup: captionStyle))</style>
        <figure class="scene"><div class="frame"><canvas role="img"></canvas></div>\
        <figcaption class="words"></figcaption></figure>
        """,
      data: Contents(axis: scene.name, size: batch.pictures.shape[3], scenes: scenes),
      pictures: pictures, axes: [scene], script: captionScript)
  }

  /// A colour is seen where its object is.
  private static func shown(_ subject: Caption.Subject) -> Caption.Subject {
    if case .color(let object) = subject { .object(object) } else { subject }
  }

  func html(_ rendering: inout Rendering) -> HTML { panel.html(&rendering) }
}

extension SceneBatch {
  /// A word's mask as a grey picture: white where all of a pixel shows it.
  func maskImage(of subject: Caption.Subject, at index: Int) -> Image {
    let mask = mask(of: subject, at: index)
    return Image(mask.scaled(by: 2, plus: -1).reshaped([1] + mask.shape))
  }
}

private let captionStyle = """
  .scene .frame { max-width: 40rem; }
  .scene canvas { display: block; width: 100%; }
  .scene .words { font-size: 1.25rem; line-height: 2; }
  .scene .words button {
    border: 0; border-bottom: 2px solid var(--condition); border-radius: 0; background: none;
    padding: 0 0.1rem; margin: 0 0.1rem;
  }
  .scene .words button.lit { background: var(--condition); color: var(--paper); }
  """

/// Draws the scene; what the lit word does not name is dimmed.
private let captionScript = #"""
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
  """#
