import Imaging
import LatentDiffusion
import Storybook
import Tensors
import Training

/// One condition: what the model is told of a picture, as a person sees it and as the U-Net gets it.
package struct Told {
  package var prompt = ""
  package var boxes: [SceneBox] = []
  /// A class, or how noisy a low-resolution picture is.
  package var label = 0
  /// What is joined to z_t, [1, C, h, w].
  package var joined: Tensor?
  /// The condition as a picture; nil where it is words or a name.
  package var picture: Image?
  /// It in words.
  package var words: String

  /// Words alone.
  package init(prompt: String) { (self.prompt, words) = (prompt, "“\(prompt)”") }

  /// Boxes and what they hold.
  package init(boxes: [SceneBox]) {
    self.boxes = boxes
    picture = LayoutPicture.of(boxes)
    words = boxes.isEmpty ? "no boxes" : boxes.map(\.text).joined(separator: "; ")
  }

  /// The kind of an object, or none.
  package init(kind: ObjectKind?) {
    label = kind.flatMap(ObjectKind.allCases.firstIndex) ?? Condition.noClass
    words = kind?.rawValue ?? "no class"
  }

  /// A picture with a hole.
  /// - Parameters:
  ///   - image: [1, 3, H, W]
  ///   - mask: [1, 1, H, W], 1 where it is to be made up.
  ///   - prompt: what the whole shows.
  ///   - stage: whose latents the U-Net sees.
  package init(hiding mask: Tensor, of image: Tensor, prompt: String, _ stage: FirstStage) {
    let mask = mask.map { $0 < 0.5 ? 0 : 1 }
    let hidden = MaskedPicture.hidden(image, by: mask)
    joined = .concatenated(
      [MaskedPicture.shrunk(mask, by: stage.downsamplingFactor), stage.meanLatent(hidden)],
      along: 1)
    self.prompt = prompt
    picture = Image(hidden)
    words = "the grey part is missing; “\(prompt)”"
  }

  /// A small picture with some noise.
  /// - Parameters:
  ///   - small: [1, 3, h, w]
  ///   - level: how much noise, from 0.
  ///   - prompt: what it shows.
  ///   - noise: its shape.
  package init(enlarging small: Tensor, level: Int, prompt: String, noise: Tensor) {
    let noisy = NoiseAugmentation.noisy(small, at: [level], noise: noise)
    (joined, label, self.prompt) = (noisy, level, prompt)
    picture = Image(noisy.clamped(to: -1...1))
    words = "noise level \(level) of \(NoiseAugmentation.levels); “\(prompt)”"
  }

  /// What each place shows.
  /// - Parameters:
  ///   - shares: of sky, sky item, ground, first and second object, [1, 5, H, W].
  ///   - prompt: what these are.
  ///   - f: how much smaller the latent is.
  package init(map shares: Tensor, prompt: String, downsamplingFactor f: Int) {
    joined = shares.meanPooled(f)
    self.prompt = prompt
    picture = MapPicture.image(of: shares)
    words = "“\(prompt)”"
  }
}

extension SceneBox {
  /// As `--boxes` takes it.
  package var text: String {
    ([content.rawValue] + [left, top, right, bottom].map { "\((100 * $0).rounded() / 100)" })
      .joined(separator: " ")
  }

  /// The box moved sideways until its middle is that of another, or until the picture ends.
  func centred(on other: SceneBox) -> SceneBox {
    let half = (right - left) / 2
    let middle = min(max((other.left + other.right) / 2, half), 1 - half)
    return SceneBox(content, left: middle - half, top: top, right: middle + half, bottom: bottom)
  }

  /// The box at the same place seen in a mirror.
  var mirrored: SceneBox {
    SceneBox(content, left: 1 - right, top: top, right: 1 - left, bottom: bottom)
  }
}

/// Boxes as a picture.
enum LayoutPicture {
  private static let side = 256

  /// The boxes with their names, the largest behind.
  static func of(_ boxes: [SceneBox]) -> Image {
    var image = Image(width: side, height: side, filledWith: RGB(245, 245, 245))
    let bySize = boxes.sorted {
      ($0.right - $0.left) * ($0.bottom - $0.top) > ($1.right - $1.left) * ($1.bottom - $1.top)
    }
    for box in bySize { draw(box, on: &image) }
    return image
  }

  /// A picture with the outlines of boxes over it.
  static func outlined(_ picture: Image, _ boxes: [SceneBox]) -> Image {
    var image = picture
    for box in boxes { outline(Span(box, on: image), .black, on: &image) }
    return image
  }

  private static func draw(_ box: SceneBox, on image: inout Image) {
    let span = Span(box, on: image)
    let (width, height) = (span.columns.count, span.rows.count)
    let (left, top) = (span.columns.lowerBound, span.rows.lowerBound)
    image.place(
      Image(width: width, height: height, filledWith: MapPicture.color(of: box.content)),
      x: left, y: top)
    outline(span, .black, on: &image)
    let room = max(width - 4, 0) / BitmapFont.advance
    image.draw(String(box.content.rawValue.prefix(room)), x: left + 3, y: top + 3, color: .black)
  }

  private static func outline(_ span: Span, _ color: RGB, on image: inout Image) {
    for x in span.columns {
      image[x, span.rows.lowerBound] = color
      image[x, span.rows.upperBound - 1] = color
    }
    for y in span.rows {
      image[span.columns.lowerBound, y] = color
      image[span.columns.upperBound - 1, y] = color
    }
  }

  /// The pixels of a box, at least one.
  private struct Span {
    let columns, rows: Range<Int>

    init(_ box: SceneBox, on image: Image) {
      func pixels(_ from: Float, _ to: Float, of side: Int) -> Range<Int> {
        let first = min(max(Int(from * Float(side)), 0), side - 1)
        return first..<min(max(Int(to * Float(side)), first + 1), side)
      }
      columns = pixels(box.left, box.right, of: image.width)
      rows = pixels(box.top, box.bottom, of: image.height)
    }
  }
}

/// A semantic map as a picture: a colour for each of the five things that a place can show.
package enum MapPicture {
  /// Sky, sky item, ground, first and second object.
  package static let colors = [
    RGB(140, 190, 240), RGB(250, 220, 80), RGB(120, 180, 100), RGB(220, 80, 70), RGB(160, 100, 210),
  ]
  /// What the colours stand for.
  package static let names = ["sky", "sky item", "ground", "first object", "second object"]

  /// The colour of a class in a box.
  static func color(of content: BoxClass) -> RGB {
    switch content {
    case .house, .tree, .boat, .tent, .rocket, .ball: colors[3]
    case .sun, .moon, .cloud, .stars: colors[1]
    case .grass, .sand, .snow, .sea: colors[2]
    }
  }

  /// - Parameter shares: [1, 5, H, W].
  package static func image(of shares: Tensor) -> Image {
    let (height, width) = (shares.shape[2], shares.shape[3])
    let values = shares.elements
    return Image(width: width, height: height, channels: .rgb) { out in
      for pixel in 0..<height * width {
        let layer =
          colors.indices.max {
            values[$0 * height * width + pixel] < values[$1 * height * width + pixel]
          } ?? 0
        let color = colors[layer]
        (out[3 * pixel], out[3 * pixel + 1], out[3 * pixel + 2]) = (
          color.red, color.green, color.blue
        )
      }
    }
  }

  /// The shares that a picture of these colours says: each pixel belongs to the nearest of them.
  /// - Parameter picture: [1, 3, H, W] in [−1, 1].
  /// - Returns: [1, 5, H, W]
  package static func shares(of picture: Tensor) -> Tensor {
    let pixels = picture.shape[2] * picture.shape[3]
    let values = picture.elements
    let centres = colors.map { [$0.red, $0.green, $0.blue].map { Float($0) / 127.5 - 1 } }
    return Tensor([1, colors.count] + picture.shape[2...]) { out in
      out.update(repeating: 0)
      for pixel in 0..<pixels {
        func distance(_ layer: Int) -> Float {
          (0..<3).reduce(0) {
            let d = values[$1 * pixels + pixel] - centres[layer][$1]
            return $0 + d * d
          }
        }
        let nearest = colors.indices.min { distance($0) < distance($1) } ?? 0
        out[nearest * pixels + pixel] = 1
      }
    }
  }
}
