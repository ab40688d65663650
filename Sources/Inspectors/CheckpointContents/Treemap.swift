import Checkpoints
import Imaging
import Pages

/// Boxes within a box: each module takes its share of the area by the numbers in it.
///
/// Source: Bruls, Huizing, van Wijk: Squarified Treemaps (2000).
package struct Treemap: Sendable {
  /// A box in a square of side 1.
  package struct Box: Sendable {
    package let x: Double
    package let y: Double
    package let width: Double
    package let height: Double
    package var area: Double { width * height }

    package init(x: Double, y: Double, width: Double, height: Double) {
      (self.x, self.y, self.width, self.height) = (x, y, width, height)
    }
  }

  /// One module's box.
  package struct Tile: Sendable {
    package let box: Box
    package let path: String
    package let name: String
    package let parameters: Int
    /// Whether it holds other tiles, which lie below its name.
    package let isFrame: Bool
    package let idea: Idea
  }

  /// Frames before what they hold.
  package private(set) var tiles: [Tile] = []
  /// Numbers in all of it.
  package let parameters: Int
  /// What the outermost boxes cover, of 1.
  package private(set) var outermostArea = 0.0

  /// Boxes are cut into others as long as they take this share of the whole.
  private static let leastFrame = 0.04
  private static let deepest = 3
  private static let mostTiles = 300

  package init(_ contents: Contents) {
    let entries = contents.entries
    let root = Module(
      names: entries.map(\.tensor.name), counts: entries.map(\.tensor.elementCount))
    parameters = root.parameters
    cut(root, in: Box(x: 0, y: 0, width: 1, height: 1), depth: 0)
  }

  private mutating func cut(_ module: Module, in box: Box, depth: Int) {
    var parts = module.children.map { ($0.path, $0.name, Double($0.parameters), Optional($0)) }
    let inside = module.children.reduce(0) { $0 + $1.parameters }
    if module.parameters > inside {
      parts.append((module.path, "·", Double(module.parameters - inside), nil))
    }
    parts = parts.filter { $0.2 > 0 }.sorted { ($1.2, $0.0) < ($0.2, $1.0) }
    let boxes = Self.squarified(parts.map(\.2), in: box)
    if depth == 0 { outermostArea = boxes.reduce(0) { $0 + $1.area } }
    for (part, box) in zip(parts, boxes) where tiles.count < Self.mostTiles {
      let goesOn =
        depth + 1 < Self.deepest && box.area >= Self.leastFrame
        && (part.3?.children.count ?? 0) > 1
      tiles.append(
        Tile(
          box: box, path: part.0, name: part.1, parameters: Int(part.2), isFrame: goesOn,
          idea: Self.idea(of: part.0)))
      if let module = part.3, goesOn { cut(module, in: box.inner, depth: depth + 1) }
    }
  }

  /// Boxes of areas in proportion to `sizes`, which are in descending order, as square as rows allow.
  package static func squarified(_ sizes: [Double], in box: Box) -> [Box] {
    let total = sizes.reduce(0, +)
    guard total > 0 else { return [] }
    let scale = box.area / total
    var boxes: [Box] = []
    var (left, next) = (box, 0)
    while next < sizes.count {
      let side = min(left.width, left.height)
      var (count, sum, worst) = (0, 0.0, Double.infinity)
      while next + count < sizes.count {
        let area = sizes[next + count] * scale
        let extended = sum + area
        let (large, small) = (sizes[next] * scale, area)
        let ratio = max(
          side * side * large / (extended * extended), extended * extended / (side * side * small))
        guard ratio <= worst else { break }
        (count, sum, worst) = (count + 1, extended, ratio)
      }
      let areas = sizes[next..<next + max(count, 1)].map { $0 * scale }
      (left, boxes) = row(of: areas, in: left, after: boxes)
      next += max(count, 1)
    }
    return boxes
  }

  /// One row along the shorter side, and what is left of the box.
  private static func row(of areas: [Double], in box: Box, after boxes: [Box]) -> (Box, [Box]) {
    let sum = areas.reduce(0, +)
    let isTall = box.height > box.width
    let depth = side(isTall ? box.width : box.height, sum)
    var (boxes, place) = (boxes, 0.0)
    for area in areas {
      let length = depth > 0 ? area / depth : 0
      boxes.append(
        isTall
          ? Box(x: box.x + place, y: box.y, width: length, height: depth)
          : Box(x: box.x, y: box.y + place, width: depth, height: length))
      place += length
    }
    let left =
      isTall
      ? Box(x: box.x, y: box.y + depth, width: box.width, height: max(box.height - depth, 0))
      : Box(x: box.x + depth, y: box.y, width: max(box.width - depth, 0), height: box.height)
    return (left, boxes)
  }

  private static func side(_ other: Double, _ area: Double) -> Double {
    other > 0 ? area / other : 0
  }

  /// The colour of what a module is for.
  private static func idea(of path: String) -> Idea {
    let groups: [(idea: Idea, words: [String])] = [
      (.noise, ["model_ema", "optimizer"]),
      (.condition, ["text_encoder", "cond_stage", "text_model", "lora_te", "conditioner", "bert"]),
      (.signal, ["vae", "vqvae", "first_stage", "encoder.", "decoder."]),
      (
        .prediction,
        [
          "unet", "diffusion_model", "down_blocks", "mid_block", "up_blocks", "input_blocks",
          "middle_block", "output_blocks", "lora_unet", "transformer", "controlnet",
        ]
      ),
    ]
    return groups.first { $0.words.contains { (path + ".").contains($0) } }?.idea ?? .neutral
  }

  // MARK: As a picture

  /// The boxes without their names.
  package func image(width: Int, height: Int) -> Image {
    var image = Image(width: width, height: height, filledWith: RGB(255, 255, 255))
    for tile in tiles {
      let (left, top) = (Int(tile.box.x * Double(width)), Int(tile.box.y * Double(height)))
      let right = Int((tile.box.x + tile.box.width) * Double(width))
      let bottom = Int((tile.box.y + tile.box.height) * Double(height))
      let gap = tile.isFrame ? 2 : 1
      guard right - left > gap, bottom - top > gap else { continue }
      image.place(
        Image(
          width: right - left - gap, height: bottom - top - gap,
          filledWith: tile.isFrame ? tile.idea.pale : tile.idea.color), x: left, y: top)
    }
    return image
  }
}

extension Treemap.Box {
  /// What a frame leaves for others: all but a strip for its name.
  fileprivate var inner: Treemap.Box {
    let (edge, head) = (0.006, min(0.06, height * 0.25))
    return Treemap.Box(
      x: x + edge, y: y + head, width: max(width - 2 * edge, 0),
      height: max(height - head - edge, 0))
  }
}

extension Idea {
  /// The colour of the light page.
  fileprivate var color: RGB {
    switch self {
    case .signal: RGB(0x00, 0x68, 0xb5)
    case .noise: RGB(0xa8, 0x59, 0x00)
    case .condition: RGB(0x00, 0x7a, 0x57)
    case .prediction: RGB(0xa1, 0x3d, 0x82)
    case .error: RGB(0xc6, 0x28, 0x28)
    case .neutral: RGB(0x4a, 0x53, 0x5d)
    }
  }

  fileprivate var pale: RGB {
    func mixed(_ part: UInt8) -> UInt8 { UInt8((Int(part) + 3 * 255) / 4) }
    return RGB(mixed(color.red), mixed(color.green), mixed(color.blue))
  }
}
